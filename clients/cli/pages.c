/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pages.h"

#include <string.h>

enum { PAGE_ROWS_MAX = 500 };

static Binome__V1__PageRequest **page_of(Binome__V1__Request *request)
{
    switch (request->body_case) {
    case BINOME__V1__REQUEST__BODY_PROPOSAL_LIST:
        return &request->proposal_list->page;
    case BINOME__V1__REQUEST__BODY_OFFER_LIST:
        return &request->offer_list->page;
    case BINOME__V1__REQUEST__BODY_ORGANISATION_LIST:
        return &request->organisation_list->page;
    case BINOME__V1__REQUEST__BODY_STATUS_LIST:
        return &request->status_list->page;
    default:
        return NULL; /* answered in one piece */
    }
}

struct page {
    ProtobufCMessage **objects;
    size_t count;
    const Binome__V1__PageInfo *info;
};

static struct page page_in(const Binome__V1__Reply *reply)
{
    switch (reply->body_case) {
    case BINOME__V1__REPLY__BODY_PROPOSAL_PAGE:
        return (struct page){(ProtobufCMessage **)reply->proposal_page->proposals, reply->proposal_page->n_proposals,
                             reply->proposal_page->page};
    case BINOME__V1__REPLY__BODY_OFFER_PAGE:
        return (struct page){(ProtobufCMessage **)reply->offer_page->offers, reply->offer_page->n_offers,
                             reply->offer_page->page};
    case BINOME__V1__REPLY__BODY_ORGANISATION_PAGE:
        return (struct page){(ProtobufCMessage **)reply->organisation_page->organisations,
                             reply->organisation_page->n_organisations, reply->organisation_page->page};
    case BINOME__V1__REPLY__BODY_STATUS_PAGE:
        return (struct page){(ProtobufCMessage **)reply->status_page->updates, reply->status_page->n_updates,
                             reply->status_page->page};
    case BINOME__V1__REPLY__BODY_WORKSTREAMS:
        return (struct page){(ProtobufCMessage **)reply->workstreams->workstreams, reply->workstreams->n_workstreams,
                             NULL};
    case BINOME__V1__REPLY__BODY_KEYS:
        return (struct page){(ProtobufCMessage **)reply->keys->keys, reply->keys->n_keys, NULL};
    default:
        return (struct page){NULL, 0, NULL};
    }
}

static void append(struct bn_cli *cli, struct bn_pages *pages, size_t *room, const struct page *page, size_t limit)
{
    for (size_t i = 0; i < page->count; i++) {
        if (limit > 0 && pages->count == limit) {
            pages->more = true;
            return;
        }
        if (pages->count == *room) {
            size_t grown = *room == 0 ? 64 : 2 * *room;
            ProtobufCMessage **objects = bn_take(cli, grown * sizeof *objects);
            if (pages->count > 0)
                memcpy(objects, pages->objects, pages->count * sizeof *objects);
            pages->objects = objects;
            *room = grown;
        }
        pages->objects[pages->count++] = page->objects[i];
    }
}

int bn_pages_gather(struct bn_cli *cli, Binome__V1__Request *request, size_t limit, struct bn_pages *pages)
{
    Binome__V1__PageRequest asked = BINOME__V1__PAGE_REQUEST__INIT, **place = page_of(request);
    size_t room = 0;
    memset(pages, 0, sizeof *pages);
    if (place != NULL)
        *place = &asked;
    for (;;) {
        struct binome_reply *reply;
        size_t missing = limit == 0 ? PAGE_ROWS_MAX : limit - pages->count;
        asked.size = (uint32_t)(missing < PAGE_ROWS_MAX ? missing : PAGE_ROWS_MAX);
        int code = bn_hub_ask(cli, request, &reply);
        if (code != BN_EXIT_DONE)
            return code;
        struct page page = page_in(reply->reply);
        append(cli, pages, &room, &page, limit);
        bool last = page.info == NULL || page.info->next_token[0] == '\0';
        if (last || (limit > 0 && pages->count == limit)) {
            pages->more = pages->more || !last;
            return BN_EXIT_DONE;
        }
        asked.token = page.info->next_token;
    }
}

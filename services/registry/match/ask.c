/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c: the words of a query, whatever it holds: nothing in it is an operator. */
#include "registry/match/plan.h"

#include <string.h>

static enum bn_code text_keep(struct bn_plan *plan, const struct bn_token *token, struct bn_asked *asked)
{
    void *texts = plan->texts;
    if (!bn_grow(&texts, &plan->text_max, plan->text_used + (uint32_t)token->size, 1))
        return BN_RESOURCE_EXHAUSTED;
    plan->texts = texts;
    memcpy(plan->texts + plan->text_used, token->text, token->size);
    asked->text = plan->text_used;
    asked->size = (uint32_t)token->size;
    plan->text_used += asked->size;
    return BN_OK;
}

static enum bn_code key_ask(struct bn_plan *plan, const char *key, size_t size, const struct bn_token *token,
                            uint32_t quarters)
{
    void *asked = plan->asked;
    uint32_t at = bn_strings_add(&plan->keys, key, size);
    if (at == BN_STRING_NONE || !bn_grow(&asked, &plan->asked_max, at + 1, sizeof *plan->asked))
        return BN_RESOURCE_EXHAUSTED;
    plan->asked = asked;
    if (at < plan->asked_count) {
        if (plan->asked[at].quarters < UINT32_MAX / 2)
            plan->asked[at].quarters += quarters;
        plan->asked[at].compound = plan->asked[at].compound && token->compound;
        return BN_OK;
    }
    plan->asked[at] = (struct bn_asked){.quarters = quarters, .order = at, .compound = token->compound};
    plan->asked_count = at + 1;
    return text_keep(plan, token, &plan->asked[at]);
}

/* A spelling that the index knows in this language needs no stemmer. */
static enum bn_code token_ask(struct bn_plan *plan, const struct bn_token *token, uint32_t quarters)
{
    const struct bn_index *index = plan->index;
    uint32_t spelling = bn_strings_find(&index->spellings, token->text, token->size);
    if (spelling != BN_STRING_NONE && spelling < index->note_max && index->notes[spelling].lang == plan->lang) {
        const struct bn_note *note = &index->notes[spelling];
        if (note->stop && !plan->only_stops)
            return BN_OK;
        if (note->term != BN_STRING_NONE)
            return key_ask(plan, bn_strings_text(&index->terms, note->term), bn_strings_size(&index->terms, note->term),
                           token, quarters);
    }
    struct bn_keys keys;
    enum bn_code code = bn_words_keys(index->words, plan->lang, token->text, token->size, &keys);
    if (code != BN_OK || keys.first_size == 0 || (keys.stop && !plan->only_stops))
        return code;
    return key_ask(plan, keys.first, keys.first_size, token, quarters);
}

static enum bn_code text_ask(struct bn_plan *plan, const char *text, uint32_t quarters)
{
    struct bn_tokens tokens;
    struct bn_token token;
    if (text == NULL)
        return BN_OK;
    bn_tokens_start(&tokens, text, strlen(text));
    while (bn_tokens_next(&tokens, &token)) {
        enum bn_code code = token_ask(plan, &token, quarters);
        if (code != BN_OK)
            return code;
    }
    return BN_OK;
}

static enum bn_code all_ask(struct bn_plan *plan)
{
    /* what a document says first of itself is asked first: order decides between equals */
    static const enum bn_match_field fields[] = {BN_MATCH_TITLE, BN_MATCH_CAPABILITIES, BN_MATCH_SUMMARY, BN_MATCH_TAGS,
                                                 BN_MATCH_DESCRIPTION};
    const struct bn_match_doc *like = plan->query->like;
    enum bn_code code = BN_OK;
    bn_strings_clear(&plan->keys);
    plan->asked_count = 0;
    plan->text_used = 0;
    if (like == NULL)
        return text_ask(plan, plan->query->text, 4);
    for (size_t i = 0; i < BN_COUNT(fields) && code == BN_OK; i++)
        code = text_ask(plan, like->texts[fields[i]], bn_field_ranking[fields[i]].query_quarters);
    for (size_t i = 0; i < like->tags.count && code == BN_OK; i++)
        code = text_ask(plan, like->tags.items[i], bn_field_ranking[BN_MATCH_TAGS].query_quarters);
    return code;
}

static enum bn_code lang_find(struct bn_plan *plan)
{
    const struct bn_match_query *query = plan->query;
    if (query->like != NULL)
        return bn_doc_lang(query->like, &plan->lang);
    if (bn_lang_parse(query->text_language, &plan->lang))
        return BN_OK;
    struct bn_lang_votes votes = {0};
    if (!bn_lang_vote(&votes, query->text))
        return BN_RESOURCE_EXHAUSTED;
    plan->lang = bn_lang_guess(&votes);
    return BN_OK;
}

enum bn_code bn_plan_ask(struct bn_plan *plan)
{
    enum bn_code code = lang_find(plan);
    plan->only_stops = false;
    if (code == BN_OK)
        code = all_ask(plan);
    if (code == BN_OK && plan->asked_count == 0) {
        plan->only_stops = true;
        code = all_ask(plan);
    }
    return code;
}

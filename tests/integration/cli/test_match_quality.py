# SPDX-License-Identifier: Apache-2.0
"""How well the hub's own match ranks: judged collections loaded as offers by requests, their queries asked as another
organisation, nDCG@10 of the run that comes out."""

import math

import pytest
from binome.v1 import envelope_pb2, reply_pb2, request_pb2
from desk import DATA, WITHOUT_DATA, Desk, a_hub, load_json_lines
from hub import wait_for

if DATA is None:
    pytest.skip(WITHOUT_DATA, allow_module_level=True)

WINDOW = 64
LIMIT = 100
NO_TITLE = "..."  # a title is compulsory; this one holds no word
CODE_OK = envelope_pb2.CODE_OK


def in_windows(connection, requests):
    """Sends all requests, so many unanswered at a time; gives the replies in the order of the requests."""
    replies, under_way, requests = {}, {}, enumerate(requests)
    count = 0
    more = True
    while more or under_way:
        while more and len(under_way) < WINDOW:
            number, request = next(requests, (None, None))
            if request is None:
                more = False
                break
            under_way[connection.send(*connection.pack(request))] = number
            count += 1
        if not under_way:
            break
        header, body = connection.receive()
        if header.kind != envelope_pb2.KIND_REPLY:
            continue
        reply = reply_pb2.Reply.FromString(body)
        assert header.code == CODE_OK, reply.error
        replies[under_way.pop(header.in_reply_to)] = reply
    return [replies[number] for number in range(count)]


def offer_of(document):
    request = request_pb2.Request()
    offer = request.offer_publish.offer
    title = " ".join(document["title"].split())
    offer.workstreams.append("startups")
    offer.title = title if 3 <= len(title) <= 200 else NO_TITLE
    offer.summary = title if len(title) > 200 else ""
    offer.description = document["text"][:20_000]
    offer.language = document["lang"]
    offer.visibility = 4
    offer.external_ref.scheme, offer.external_ref.id = "judged", document["id"]
    return request


def question_of(query):
    request = request_pb2.Request()
    request.match_find.text = query["text"]
    request.match_find.limit = LIMIT
    return request


def read_qrels(path):
    judged = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, document, relevance = line.split()
        judged.setdefault(query, {})[document] = int(relevance)
    return {query: documents for query, documents in judged.items() if any(r > 0 for r in documents.values())}


def read_run(path):
    """Ranked documents of each query: by falling score, at equal scores by falling id."""
    run = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, document, _, score, _ = line.split()
        run.setdefault(query, []).append((float(score), document))
    return {query: [document for _, document in sorted(found, reverse=True)] for query, found in run.items()}


def ndcg_at_10(qrels, run):
    """The mean over all judged queries; one that the run lacks counts as 0."""
    total = 0.0
    for query, judged in qrels.items():
        gain = sum(judged.get(d, 0) / math.log2(i + 2) for i, d in enumerate(run.get(query, [])[:10]))
        best = sorted((r for r in judged.values() if r > 0), reverse=True)[:10]
        total += gain / sum(r / math.log2(i + 2) for i, r in enumerate(best))
    return total / len(qrels)


def test_the_measure_is_right():
    # worked by hand: DCG = 3/log2(3) + 2/log2(4) = 2.892789, IDCG = 3 + 2/log2(3) + 1/2 = 4.761860; q2 is not in the run
    qrels = {"q1": {"a": 3, "b": 1, "c": 2, "y": 0}, "q2": {"d": 1}}
    assert math.isclose(ndcg_at_10(qrels, {"q1": ["x", "a", "c", "y"]}), 2.892789 / 4.761860 / 2, abs_tol=1e-6)


@pytest.mark.parametrize("collection, wanted", [("judged-betagouv-fr", 0.81), ("judged-cranfield-en", 0.38)])
def test_the_match_ranks_well(collection, wanted):
    folder = DATA / collection
    documents = load_json_lines(folder / "docs.jsonl")
    queries = load_json_lines(folder / "queries.jsonl")
    qrels = read_qrels(folder / "qrels.tsv")
    with a_hub() as hub:
        desk = Desk(hub)
        publisher, asker = desk.join("publisher"), desk.join("asker", kind="large-group")
        with hub.client(publisher) as connection:
            published = in_windows(connection, map(offer_of, documents))
        names = {reply.receipt.object: document["id"] for reply, document in zip(published, documents)}
        assert len(names) == len(documents)
        last = max(reply.receipt.sequence for reply in published)
        with hub.client(asker) as connection:
            # the index follows the log: an answer waits 100 ms for it and says how far it is behind
            first = question_of(queries[0])
            first.match_find.at_least_sequence = last
            wait_for(lambda: connection.call(first).expect_ok().body.matches.behind == 0, "the index")
            answers = in_windows(connection, map(question_of, queries))
        path = hub.folder / "run.trec"
        with open(path, "w", encoding="utf-8") as run:
            for query, answer in zip(queries, answers):
                assert answer.matches.behind == 0
                for rank, match in enumerate(answer.matches.matches):
                    # the hub's order counts, also where its whole points are equal
                    score = match.score + (LIMIT - rank) / (LIMIT + 1)
                    run.write(f"{query['id']} Q0 {names[match.id]} {rank + 1} {score:.4f} binome\n")
        value = ndcg_at_10(qrels, read_run(path))
    print(f"{collection}: nDCG@10 = {value:.4f} of {len(qrels)} queries")
    assert value >= wanted

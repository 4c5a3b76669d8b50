"""From claims to what holds: merging, narrowing, disputes, rulings, weak claims."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoinder.graph import accepted, passages
from rejoinder.sources.files import InputFile
from rejoinder.vocabulary import ACCEPTED, ONTOLOGY, PREFIXES, rj

PROLOGUE = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
AXIOMS = "rj:parameterCount a owl:FunctionalProperty . rj:date a owl:FunctionalProperty ."


def graph_of(*files: str) -> tuple[ox.Store, tuple[accepted.Contradiction, ...]]:
    """Accept files; the k-th describes itself as source:fk, unless it is a ruling."""
    store = ox.Store()
    read = []
    for number, text in enumerate(files):
        head = "" if "rj:Ruling" in text else f"source:f{number} a rj:Passage . "
        read.append(passages.read(InputFile(f"f{number}.ttl", (PROLOGUE + head + text).encode())))
    passages.add(store, read)
    for quad in ox.parse((PROLOGUE + AXIOMS).encode(), format=ox.RdfFormat.TURTLE):
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(ONTOLOGY)))
    return store, accepted.accept(store)


def values(store: ox.Store, subject: str, predicate: str) -> set[str]:
    found = store.quads_for_pattern(
        ox.NamedNode(PREFIXES["model"] + subject), ox.NamedNode(rj(predicate)), None, ox.NamedNode(ACCEPTED)
    )
    return {quad.object.value for quad in found}


def test_values_that_agree_merge():
    store, left = graph_of("model:x rj:parameterCount 5 .", "model:x rj:parameterCount 5 .")
    assert values(store, "x", "parameterCount") == {"5"}
    assert left == ()


def test_what_a_passage_says_of_itself_is_no_claim():
    store, _ = graph_of("source:f0 rj:startCharacter 3 . model:x rj:modality rj:text .")
    assert not list(
        store.quads_for_pattern(ox.NamedNode(PREFIXES["source"] + "f0"), None, None, ox.NamedNode(ACCEPTED))
    )


def test_compatible_dates_narrow_and_days_are_derived():
    store, left = graph_of('model:x rj:date "2019-02"^^edtf:EDTF .', 'model:x rj:date "2019-02-14"^^edtf:EDTF .')
    assert values(store, "x", "date") == {"2019-02-14"}
    assert values(store, "x", "earliestDay") == values(store, "x", "latestDay") == {"2019-02-14"}
    assert left == ()


def test_a_contradiction_without_ruling_accepts_none_and_is_returned():
    store, left = graph_of("model:x rj:parameterCount 5 .", "model:x rj:parameterCount 6 .")
    assert values(store, "x", "parameterCount") == set()
    assert [(c.subject, c.property, [v.value for v in c.values]) for c in left] == [
        (PREFIXES["model"] + "x", rj("parameterCount"), ["5", "6"])
    ]
    disputes = list(store.quads_for_pattern(None, None, ox.NamedNode(rj("Dispute")), ox.NamedNode(ACCEPTED)))
    assert [quad.subject.value for quad in disputes] == [PREFIXES["dispute"] + "model-x-parameterCount"]


def test_contradicting_dates_leave_no_day():
    store, left = graph_of('model:x rj:date "2022-06"^^edtf:EDTF .', 'model:x rj:date "2022-07-12"^^edtf:EDTF .')
    assert values(store, "x", "date") == values(store, "x", "earliestDay") == set()
    assert len(left) == 1


def test_several_values_of_a_property_that_may_have_several_are_no_dispute():
    store, left = graph_of("model:x rj:modality rj:text .", "model:x rj:modality rj:image .")
    assert values(store, "x", "modality") == {rj("text"), rj("image")}
    assert left == ()


RULING = """ruling:r a rj:Ruling ; rj:onSubject model:x ; rj:onProperty rj:parameterCount ;
    rj:accepts 5 ; rj:rejects 6 ; rj:lessExact 7 ."""


def test_a_ruling_drops_what_it_rejects_and_what_is_less_exact():
    store, left = graph_of(*(f"model:x rj:parameterCount {n} ." for n in (5, 6, 7)), RULING)
    assert values(store, "x", "parameterCount") == {"5"}
    assert left == ()
    ruled = list(store.quads_for_pattern(None, ox.NamedNode(rj("ruledBy")), None, ox.NamedNode(ACCEPTED)))
    assert [quad.object.value for quad in ruled] == [PREFIXES["ruling"] + "r"]


def test_a_value_that_the_ruling_does_not_know_opens_the_dispute_again():
    store, left = graph_of(*(f"model:x rj:parameterCount {n} ." for n in (5, 6, 7, 8)), RULING)
    assert values(store, "x", "parameterCount") == set()
    assert [[v.value for v in c.values] for c in left] == [["5", "8"]]


def test_a_ruled_date_narrows_with_the_rest():
    store, left = graph_of(
        'model:x rj:date "2022-06"^^edtf:EDTF .',
        'model:x rj:date "2022-07"^^edtf:EDTF .',
        'model:x rj:date "2022-07-12"^^edtf:EDTF .',
        'ruling:r a rj:Ruling ; rj:onSubject model:x ; rj:onProperty rj:date ; rj:rejects "2022-06"^^edtf:EDTF .',
    )
    assert values(store, "x", "date") == {"2022-07-12"}
    assert left == ()


@pytest.mark.parametrize("unsure", ["rj:weak", "rj:not-verified"])
def test_a_weak_claim_neither_narrows_nor_disputes(unsure):
    weak = f"""source:f0 rj:sureness {unsure} .
        model:x rj:date "2022-09-28"^^edtf:EDTF ; rj:parameterCount 9 ; rj:modality rj:text ."""
    store, left = graph_of(weak, 'model:x rj:date "2022-09"^^edtf:EDTF ; rj:parameterCount 5 .')
    assert values(store, "x", "date") == {"2022-09"}
    assert values(store, "x", "parameterCount") == {"5"}
    assert values(store, "x", "modality") == {rj("text")}, "where nobody firmer speaks, it is all we have"
    assert left == ()


def test_two_weak_claims_can_contradict_each_other():
    weak = "source:f{0} rj:sureness rj:weak . model:x rj:parameterCount {0} ."
    _, left = graph_of(weak.format(0), weak.format(1))
    assert len(left) == 1


def test_a_broken_date_is_not_accepted():
    store, left = graph_of('model:x rj:date "2022-13"^^edtf:EDTF .')
    assert values(store, "x", "date") == set()
    assert left == ()


def test_blank_nodes_of_two_files_are_two_things():
    store, _ = graph_of("model:x rj:page [ rj:role 'a' ] .", "model:x rj:page [ rj:role 'b' ] .")
    assert len(values(store, "x", "page")) == 2
    assert not any(isinstance(term, ox.BlankNode) for quad in store for term in (quad.subject, quad.object))


claims = st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 3), st.booleans()), min_size=1, max_size=8)


@given(claims)
@settings(max_examples=60, deadline=None)
def test_accepted_is_what_all_firm_claims_agree_on(given_claims):
    """The definition, by hand: the firm values if there are any, else the weak ones; none where they are several."""
    store, left = graph_of(
        *(
            f"model:{s} rj:parameterCount {n} ." + (f" source:f{i} rj:sureness rj:weak ." if weak else "")
            for i, (s, n, weak) in enumerate(given_claims)
        )
    )
    for subject in "xyz":
        firm = {str(n) for s, n, weak in given_claims if s == subject and not weak}
        pool = firm or {str(n) for s, n, _ in given_claims if s == subject}
        assert values(store, subject, "parameterCount") == (pool if len(pool) == 1 else set())
        assert (len(pool) > 1) == any(c.subject == PREFIXES["model"] + subject for c in left)


def test_on_the_bundled_graph_every_dispute_has_its_ruling(compiled):
    assert compiled.manifest.unruled == ()
    ruled = list(compiled.store.quads_for_pattern(None, ox.NamedNode(rj("ruledBy")), None))
    assert len(ruled) == 15

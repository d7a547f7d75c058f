"""The figures of a load leave out its warm-up, and say what an open load has reached."""

from __future__ import annotations

from conformance.load.record import Recorder, Sample, unpacked
from conformance.load.task import LoadSettings
from conformance.load.traffic import Traffic, by_second
from conformance.report.load_figures import figures_note, load_figures


def open_load(*, users: int) -> tuple[list[str], float, int]:
    """Return the notes, the rate and the visits without room of a load of ten seconds, two of which are warm-up."""
    recorders = [Recorder("1"), Recorder("2")]
    for second in range(1000, 1010):
        for recorder in recorders:
            recorder.count_arrival(second + 0.5, begins=True)
            for _ in range(4):
                recorder.count_arrival(second + 0.6, begins=False)
    batches = [unpacked(recorder.batch().packed()) for recorder in recorders]
    assert not any(batch.sightings for batch in batches)
    assert recorders[0].batch().begun == {}
    seen = Traffic(
        operations=(),
        samples=[Sample(sent=moment, purpose="page", seconds=1.0, status=200) for moment in (1000.0, 1008.0)],
        sightings=(),
        begun=by_second(batch.begun for batch in batches),
        not_begun=by_second(batch.not_begun for batch in batches),
        processes=2,
    )
    figures = load_figures(LoadSettings(users=users, arrivals=50, warm_up=2, mix="installs"), seen)
    return figures_note(figures), figures.arrived, figures.not_begun


def test_an_open_load_says_what_it_has_reached_without_its_warm_up() -> None:
    notes, arrived, not_begun = open_load(users=3)
    assert (arrived, not_begun) == (10.0, 64)
    assert notes[0].startswith(
        "50 visits a second asked for, 10 reached (installs), at most 3 clients at once, for 7 s"
    )
    assert notes[1] == "64 visits could not begin beside the 3 clients that may be there at once."


def test_one_of_a_kind_is_in_the_singular() -> None:
    notes, _, _ = open_load(users=1)
    assert "at most 1 client at once" in notes[0]
    assert "1 request, " in notes[0]
    assert notes[2].startswith("page: 1 request, ")
    closed = load_figures(LoadSettings(users=1), Traffic(operations=(), samples=(), sightings=()))
    assert figures_note(closed)[0].startswith("1 client (registry) for ")

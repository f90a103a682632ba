import threading

import pytest
from django.db import connections, transaction
from django.db.utils import IntegrityError

from billing.models import BillableEvent, Invoice, NumberTrack
from billing.services import invoicing, numbers
from billing.tests.conftest import ACTOR, SELLER
from billing.verifiers import verify
from luckygas.core import importing
from luckygas.core.models import ImportRun

HEAD = "營業人統編,發票類別代號,發票類別,發票期別,發票字軌名稱,發票起號,發票迄號"


@pytest.fixture
def bring_in(today, tmp_path):
    """`bring_in(row, …)` imports a file with these rows and answers the run."""

    def make(*rows, accept_good=False, content=None):
        path = tmp_path / "字軌.csv"
        path.write_bytes(content if content is not None else "\r\n".join([HEAD, *rows, ""]).encode("cp950"))
        run = importing.start("tracks", path, file_name="字軌.csv", actor=ACTOR)
        return importing.run(run, actor=ACTOR, accept_good=accept_good)

    return make


def row(seller=SELLER, period="115/11 ~ 115/12", letters="QA", first="20000050", last="20000099") -> str:
    return f"{seller},07,一般稅額計算,{period},{letters},{first},{last}"


def problems(run: ImportRun) -> list[tuple[int | None, str, str]]:
    return list(run.problems.values_list("row", "column", "value"))


def test_a_file_comes_in_once(bring_in):
    run = bring_in(row(), row(first="20000100", last="20000199"))
    assert (run.status, run.created, run.unchanged, run.rejected) == ("done", 2, 0, 0)
    track = NumberTrack.objects.get(first=20000050)
    assert (track.last, track.next_number, track.period, track.remaining) == (20000099, 20000050, "11512", 50)
    again = bring_in(row(), row(first="20000100", last="20000199"))
    assert (again.status, again.created, again.unchanged) == ("done", 0, 2)
    assert NumberTrack.objects.count() == 2


@pytest.mark.parametrize(
    ("bad", "column", "value"),
    [
        (row(seller="04595257"), "營業人統編", "04595257"),
        (row(period="115/09 ~ 115/10"), "發票期別", "115年09-10月"),
        (row(period="116/01 ~ 116/02"), "發票期別", "116年01-02月"),
        (row(first="20000000", last="20000149"), "發票起號", "QA20000000"),
        (row(first="20000051"), "發票起號", "20000051"),
    ],
)
def test_wrong_seller_wrong_period_overlap(bring_in, track, bad, column, value):
    track()
    good = row(letters="QB")
    run = bring_in(good, bad)
    assert (run.status, run.rejected, problems(run)) == ("refused", 1, [(3, column, value)])
    assert all(found.problem and found.remedy for found in run.problems.all())
    assert NumberTrack.objects.count() == 1
    taken = bring_in(good, bad, accept_good=True)
    assert (taken.status, taken.created) == ("done", 1)
    assert NumberTrack.objects.filter(letters="QB").count() == 1


def test_next_periods_numbers_come_in_fifteen_days_before(bring_in, stand_at):
    stand_at("2026-12-16 23:59")
    assert bring_in(row(period="116/01 ~ 116/02")).status == "refused"
    stand_at("2026-12-17 00:00")
    assert bring_in(row(period="116/01 ~ 116/02")).status == "done"


def test_a_foreign_file_is_named_before_anything(bring_in):
    run = bring_in(content=b"PK\x03\x04 workbook")
    assert (run.status, run.rejected) == ("refused", 0)
    assert run.message
    assert NumberTrack.objects.count() == 0


def test_the_database_itself_refuses_an_overlap(track):
    track()
    with pytest.raises(IntegrityError, match="billing_track_no_overlap"), transaction.atomic():
        track(first=20000050, last=20000149)
    track(period="11602")


def test_a_range_without_a_used_number_may_go_again(track):
    track().delete()
    assert NumberTrack.objects.count() == 0


def test_a_number_given_back_is_the_next_one(today, track):
    track()
    with pytest.raises(RuntimeError), transaction.atomic():
        assert numbers.take().number == "QA20000050"
        raise RuntimeError
    with transaction.atomic():
        assert numbers.take().number == "QA20000050"


def test_a_lower_range_that_comes_in_later_does_not_push_in(today, track):
    track(next_number=20000060)
    track(first=10000000, last=10000049)
    with transaction.atomic():
        assert numbers.take().number == "QA20000060"


def test_time_never_goes_back_between_numbers(track, stand_at):
    track()
    stand_at("2026-11-23 10:00:30")
    with transaction.atomic():
        first = numbers.take()
    stand_at("2026-11-23 10:00:10")
    with transaction.atomic():
        second = numbers.take()
    assert second.issued_at == first.issued_at


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_threads_leave_no_gap_and_no_duplicate(delivered, track, customer):
    track(first=20000000, last=20000049)
    track(first=20000050, last=20000099)
    shared = customer()
    orders = [delivered(shared if number % 3 == 0 else None, C20=1) for number in range(80)]
    gate, errors = threading.Barrier(20), []

    def work(mine):
        try:
            gate.wait(10)
            for order in mine:
                # Twice each, and by the handler's way in the middle: still one invoice.
                with transaction.atomic():
                    invoicing.record_delivery(order.pk, actor=ACTOR)
                with transaction.atomic():
                    invoicing.record_delivery(order.pk, actor=ACTOR)
        except Exception as error:
            errors.append(error)
            raise
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=work, args=(orders[index::20] + orders[index + 1 :: 20],))
        for index in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    found = sorted(Invoice.objects.values_list("number", flat=True))
    assert found == [f"QA{number:08d}" for number in range(20000000, 20000080)]
    assert BillableEvent.objects.filter(state="invoiced").count() == 80
    assert verify() == []

"""A short `make chaos`, with seeds that cover many kinds of faults in few rounds."""

import random

import pytest

import campaign
import faults

SECONDS = 1.5
ROUNDS_MAX = 5


def seeds(store):
    """Seeds of a few rounds that cover as many kinds of faults as possible."""
    best, covered = [], set()
    for number in range(200):
        names = {fault.__name__ for _, fault, _ in campaign.chosen_faults(store, random.Random(f"short-{number}"), SECONDS, [])}
        if names - covered and len(names) > 1:
            best.append(f"short-{number}")
            covered |= names
        if len(best) == ROUNDS_MAX:
            break
    return best


@pytest.mark.parametrize("store", faults.FAULTS)
@pytest.mark.timeout(600)
def test_each_acknowledged_record_is_stored_once_and_intact(store, capsys):
    total = campaign.Total()
    chosen = seeds(store)
    succeeded = campaign.run(store, chosen, SECONDS, [], total)
    output = capsys.readouterr()
    assert succeeded, output.out + output.err
    assert total.rounds[store] == len(chosen) >= 3 and total.acknowledged > 1000

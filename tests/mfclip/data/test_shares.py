"""How the readouts share the margin."""

import numpy as np
import pytest

from mfclip.data.readouts import Readouts
from mfclip.data.shares import SHARES, nearest_to_equal, picture_weights, share_aucs


def readouts(head, language, generator) -> Readouts:
    names = np.array(generator)
    return Readouts(
        head=np.array(head, float),
        language=np.array(language, float),
        image=np.zeros(len(names)),
        noise=np.zeros(len(names)),
        fake=np.array([name not in ("camera", "scanner") for name in names]),
        generator=names,
        path=names,
        group=names,
    )


def test_shares_run_from_a_tenth_to_nine_tenths():
    assert SHARES[0] == 0.1 and SHARES[-1] == 0.9 and 0.5 in SHARES


def test_a_share_s_auc_is_that_of_the_weighted_standardised_sum():
    # Head: both forgeries above the real by 1 of its spread; language: one above, one below by 2.
    found = readouts([0, 1, 1], [0, 2, -2], ["camera", "a", "b"])
    aucs = share_aucs(found, picture_weights(found), (1.0, 1.0))
    assert aucs[0.9] == 1.0 and aucs[0.1] == 0.5
    # 0.65 · 1 = 0.65 against 0.35 · 2 = 0.7; 0.7 against 0.6
    assert aucs[0.65] == 0.5 and aucs[0.7] == 1.0


def test_the_given_spread_is_what_readouts_are_divided_by():
    found = readouts([0, 1, 1], [0, 2, -2], ["camera", "a", "b"])
    aucs = share_aucs(found, picture_weights(found), (1.0, 2.0))
    assert aucs[0.45] == 0.5 and aucs[0.55] == 1.0
    own = share_aucs(found, picture_weights(found))
    same = share_aucs(found, picture_weights(found), (found.head.std(), found.language.std()))
    assert own == same


def test_sources_weigh_alike_whatever_their_number():
    weights = picture_weights(readouts([0] * 5, [0] * 5, ["camera", "camera", "scanner", "a", "b"]))
    assert weights == pytest.approx([1 / 8, 1 / 8, 1 / 4, 1 / 4, 1 / 4])


@pytest.mark.parametrize(
    ("aucs", "share"),
    [
        ({0.1: 0.9, 0.3: 0.9, 0.5: 0.896, 0.9: 0.8}, 0.5),
        ({0.1: 0.9, 0.3: 0.896, 0.5: 0.89, 0.9: 0.8}, 0.3),
        ({0.1: 0.9, 0.3: 0.89, 0.5: 0.88, 0.9: 0.8}, 0.1),
        ({0.1: 0.7, 0.3: 0.8, 0.5: 0.88, 0.6: 0.895, 0.9: 0.9}, 0.6),
    ],
)
def test_the_nearest_to_equal_within_half_a_point_is_taken(aucs, share):
    assert nearest_to_equal(aucs) == share

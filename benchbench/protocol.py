"""The protocol: what every trial of a board has in common.

Whatever changes a number raises VERSION, here and elsewhere; what merely refuses data does not.
"""

from __future__ import annotations

VERSION = 2
TRAIN, VALIDATION = 0.8, 0.1  # the rest is the test split
TEST_SEED = 0  # validation and test degradations hang on it, so that several training seeds meet one test set
SMALLEST_SPLIT = {"train": 4, "validation": 1, "test": 2}
SMALLEST, LARGEST = 8, 2048  # sides of images, in px
LARGEST_PHOTO = 4096  # px, of the shorter side that a photograph is scaled to before it is degraded
LAW_SIZE = 32  # px, of the images that laws are tried on: most components can do it, and it is quick

SETTINGS = {
    "version": VERSION,
    "splits": {"train": TRAIN, "validation": VALIDATION, "test": round(1 - TRAIN - VALIDATION, 6)},
    "test_seed": TEST_SEED,
    "degraded": "clamped to [0, 1], rounded to 8 bits",
    "restored": "clamped to [0, 1], rounded to 8 bits",
}

"""What a `result.json` holds: one definition to read, write and check strangers'; see `parsing`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

SCHEMA = 2
FAILED = "failed:"
"""Begins why a metric has no score where it was tried, and is to be tried again."""

Text = Annotated[str, Meta(max_length=10_000)]
Digest = Annotated[str, Meta(pattern=r"^[0-9A-Za-z._-]{1,64}\Z")]  # boards show it as it is
Integer = Annotated[int, Meta(ge=-(2**62), le=2**62)]
Finite = Annotated[float, Meta(ge=-1.79e308, le=1.79e308)]  # or NaN, for none
Count = Annotated[int, Meta(ge=0, le=2**62)]
Positive = Annotated[int, Meta(ge=1, le=2**62)]
Status = Literal["scored", "skipped", "failed"]
# `omit_defaults` leaves out values that are the default itself: what a function gives is written, too


class TrialFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What determines the result: see `trial.Trial`. `degrades` and `codec`, its spec but for the rate, tell boards."""

    dataset: Text
    fingerprint: Digest
    size: Annotated[int, Meta(ge=1, le=2**14)]
    degradation: Text
    degradation_digest: Text
    model: Text
    model_digest: Text
    seed: Integer | None
    training: Literal["any-time", "recipe"] | None
    threads: Positive
    compiled: bool = False
    tuned: bool = False
    key: Text = ""
    degrades: bool = True
    codec: Text = ""


class ProtocolFacts(Struct, frozen=True, kw_only=True):
    """The protocol that the trial followed: see `protocol.SETTINGS`."""

    version: Count
    splits: dict[Text, float] = {}
    test_seed: Integer = 0
    degraded: Text = ""
    restored: Text = ""


class Origin(Struct, frozen=True, kw_only=True):
    """Who brought a component."""

    plugin: Text
    distribution: Text
    version: Text


class Environment(Struct, frozen=True, kw_only=True):
    """Versions and hardware that a result was made with; nothing that names a person or a machine."""

    benchbench: Text = ""
    python: Text = ""
    system: Text = ""
    machine: Text = ""
    libraries: dict[Text, Text]


class DataFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Images by split, test images not degraded, near-duplicates, unused files; the digest of the degraded ones."""

    train: Count
    validation: Count
    test: Count
    unchanged: Count = 0
    near_duplicates: Count = 0
    skipped: Count = field(default_factory=int)
    test_set: Digest | None = None
    persons: list[Count] = []  # of each scored image, in their order; empty where no two are known to show the same


class Tried(Struct, frozen=True, kw_only=True):
    """A factor of the recipe's learning rates, and how it validated; None where a training at it failed."""

    factor: Annotated[float, Meta(gt=0)]
    validation_psnr: float | None


class Tuning(Struct, frozen=True, kw_only=True):
    """The factor that was chosen, all that were tried, and the training FLOPs that were spent on those that lost."""

    factor: Annotated[float, Meta(gt=0)]
    tried: list[Tried]
    flops: Annotated[float, Meta(ge=0)]


class TrainingFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a training did up to its end; all fields are None where nothing was trained."""

    stopped_by: Text | None = None
    steps: Count | None = None
    epochs: float | None = None
    images: Count | None = None
    batch: Count | None = None
    flops_per_image: float | None = None
    flops: float | None = None
    best_step: Count | None = None
    best_validation_loss: float | None = None
    gradients: list[Text] | None = None
    tuning: Tuning | None = None

    def __bool__(self) -> bool:
        return self != UNTRAINED


class ModelFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model as boards describe it; `macs` are multiply-accumulate operations per restored image, where known."""

    parameters: Count
    role: Text
    sees: list[Text]
    trained: bool = field(default_factory=lambda: True)
    notes: list[Text] = field(default_factory=list[Text])
    macs: Positive | None = None


class TaskFacts(Struct, frozen=True, kw_only=True):
    """The mean and standard deviation of each channel, which the model was built with."""

    mean: list[float] = []
    std: list[float] = []


class Rate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Means over the test images of a codec's files, with headers and, as payload, without; the `sizes` of all."""

    bytes: float
    bits_per_pixel: float
    payload_bytes: float | None = None
    payload_bits_per_pixel: float | None = None
    sizes: list[Count] = []


class MetricFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A metric as boards show it, its version, and why it was not computed."""

    settings: Text = field(default_factory=str)
    higher_is_better: bool
    signed: bool = field(default_factory=bool)
    unit: Text
    digits: Annotated[int, Meta(ge=0, le=20)]
    order: Integer
    ranks: bool = field(default_factory=bool)
    relevant: Annotated[float, Meta(gt=0)] | None = None
    of_set: bool = False
    library: Text
    digest: Text
    unavailable: Text | None

    def precedence(self, name: str) -> tuple[bool, int, str]:
        """The place on boards as a key to sort by: the metric that ranks, then by `order`, then by name."""
        return not self.ranks, self.order, name


class Score(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Mean and standard deviation over n test images; without the latter where the images' scores are not kept."""

    mean: Finite
    std: Finite | None = None
    n: Count


class SetScore(Struct, frozen=True, kw_only=True):
    """A score of all n test images together, and its standard error by a bootstrap over them."""

    value: Finite
    error: Annotated[float, Meta(ge=0, le=1.79e308)]
    n: Count


class Rung(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A training after so many FLOPs, and its scores."""

    flops: Annotated[float, Meta(ge=0)]
    steps: Count
    images: Count
    seconds: float
    validation_psnr: float
    scores: dict[Text, Score]
    set_scores: dict[Text, SetScore] = {}


class TrainingTime(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Seconds and peak bytes of memory of a training, and the seconds of the learning rates that were tried in vain."""

    seconds: float
    peak_bytes: Count | None = field(default_factory=lambda: None)
    tuning_seconds: float | None = None


class Timing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Times and memory of restoring (`ms_per_image`: batch -> milliseconds) and of training, and on what device."""

    ms_per_image: dict[Text, float]
    peak_bytes: Count | None = field(default_factory=lambda: None)
    device: Text = field(default_factory=str)
    device_name: Text
    threads: Count
    training_precision: Text
    training: TrainingTime | None = None


UNTRAINED = TrainingFacts()
_NO_MODEL = ModelFacts(parameters=0, role="", sees=[])
_NO_TIMING = Timing(ms_per_image={}, device_name="", threads=0, training_precision="")


class Record(Struct, frozen=True, kw_only=True):
    """A whole `result.json`; skipped and failed ones have empty parts. `scores` are those of the last rung."""

    schema: Literal[2] = 2
    key: Text
    status: Status
    reason: Text | None = None
    trial: TrialFacts
    protocol: ProtocolFacts
    origin: dict[Text, list[Origin]] = {}
    environment: Environment = Environment(libraries={})
    finished_at: Text = ""
    data: DataFacts | None = None
    training: TrainingFacts = UNTRAINED
    model: ModelFacts = _NO_MODEL
    task: TaskFacts = TaskFacts()
    rate: Rate | None = None
    metrics: dict[Text, MetricFacts] = {}
    scores: dict[Text, Score] = {}
    set_scores: dict[Text, SetScore] = {}
    rungs: list[Rung] = []
    timing: Timing = _NO_TIMING
    worst: list[Text] = []
    skipped_by: Text | None = None
    files: dict[Text, Text] = {}

    @property
    def first_metric(self) -> str | None:
        """The metric that was scored and stands first on boards; None if there is none."""
        ranking = {n: facts.precedence(n) for n, facts in self.metrics.items() if n in self.scores and not facts.signed}
        return min(ranking, key=ranking.__getitem__, default=None)

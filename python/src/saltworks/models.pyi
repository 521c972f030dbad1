# Made by make_models.py from the server's OpenAPI document: types of answers, for type checkers alone.

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

from typing_extensions import NotRequired


class Member(TypedDict):
    user: str
    name: str
    email: str
    role: Literal['manager', 'reviewer', 'annotator']


class ClassPicture(TypedDict):
    picture: str
    alt: NotRequired[str]


class Category(TypedDict):
    id: int
    name: str
    colour: str
    isthing: bool
    description: NotRequired[str]
    pictures: NotRequired[list[ClassPicture]]
    retired: NotRequired[bool]
    stored: NotRequired[str]
    merged: NotRequired[int]
    shortcut: NotRequired[str]


AttributeChoice: TypeAlias = str


AttributeClass: TypeAlias = int


class Attribute(TypedDict):
    id: int
    name: str
    of: Literal['segment', 'image']
    kind: Literal['flag', 'choice', 'number', 'text']
    choices: NotRequired[list[AttributeChoice]]
    required: NotRequired[bool]
    classes: NotRequired[list[AttributeClass]]
    retired: NotRequired[bool]


CampaignStart = TypedDict(
    'CampaignStart',
    {
        'from': Literal['known', 'predicted'],
        'masks': NotRequired[str],
        'others': Literal['refuse', 'background'],
    },
)


class CampaignDeleted(TypedDict):
    at: str
    goes: str


class Progress(TypedDict):
    filled: bool
    tasks: int
    done: int
    accepted: int
    former: NotRequired[int]
    skipped: int
    assignments: dict[str, int]


class AssignmentImage(TypedDict):
    id: int
    name: str
    sha256: str
    width: int | None
    height: int | None
    former: NotRequired[bool]


class Assignment(TypedDict):
    id: str
    task: str
    campaign: str
    user: str
    author: str
    corrector: NotRequired[str | None]
    state: Literal['leased', 'submitted', 'skipped', 'returned', 'accepted', 'sent_back']
    leaseUntil: str
    n: int
    answered: int
    refined: int
    event: int
    mask: str | None
    reason: str | None
    created: str
    submitted: str | None
    updated: str
    image: AssignmentImage


class DrawingSegment(TypedDict):
    id: int
    category: int
    origin: NotRequired[Literal['imported', 'predicted']]
    accepted: NotRequired[Literal[True]]
    name: NotRequired[str]
    values: NotRequired[dict[str, bool | float | str]]


class DrawingStroke(TypedDict):
    n: int
    segment: int
    points: list[list[float]]
    radius: float
    polygon: NotRequired[bool]
    region: NotRequired[list[float]]
    exact: NotRequired[bool]
    spread: NotRequired[bool]
    origin: NotRequired[Literal['imported', 'predicted']]


class DrawingLock(TypedDict):
    segment: int
    region: list[float]


class Drawing(TypedDict):
    segments: list[DrawingSegment]
    strokes: list[DrawingStroke]
    locks: NotRequired[list[DrawingLock]]
    values: NotRequired[dict[str, bool | float | str]]
    undo: bool
    redo: bool


class DatasetDeleted(TypedDict):
    at: str
    goes: str


class Dataset(TypedDict):
    name: str
    images: int
    former: int
    bytes: int
    shards: int
    updated: str
    archived: str | None
    deleted: DatasetDeleted | None


class EffortTotalsAnnotator(TypedDict):
    annotator: str
    images: int
    strokes: int
    seconds: float
    idle: float


class EffortTotalsClass(TypedDict):
    category: int
    segments: int
    strokes: int
    seconds: float


class EffortTotals(TypedDict):
    annotators: list[EffortTotalsAnnotator]
    classes: list[EffortTotalsClass]


class AgreementImage(TypedDict):
    task: str
    name: str
    annotators: int
    miou: float
    pixels: float
    kappa: float


class AgreementClass(TypedDict):
    category: str
    iou: float
    pairs: int


class AgreementHoneypot(TypedDict):
    task: str
    annotator: str
    miou: float


class AgreementAnnotatorHoneypots(TypedDict):
    mean: float
    count: int


class AgreementAnnotatorOverlaps(TypedDict):
    mean: float
    count: int


class AgreementAnnotator(TypedDict):
    annotator: str
    weight: float
    honeypots: AgreementAnnotatorHoneypots
    overlaps: AgreementAnnotatorOverlaps


class AgreementIncomparableItem(TypedDict):
    task: str
    name: str
    reason: str


class Agreement(TypedDict):
    images: list[AgreementImage]
    classes: list[AgreementClass]
    honeypots: list[AgreementHoneypot]
    annotators: list[AgreementAnnotator]
    incomparable: list[AgreementIncomparableItem]
    pending: int


class LabelEfficiencyHandedInByStrokeMiou(TypedDict):
    mean: float
    low: float
    high: float


class LabelEfficiencyHandedInByStroke(TypedDict):
    strokes: int
    miou: LabelEfficiencyHandedInByStrokeMiou
    going: int


class LabelEfficiencyHandedInBySecondMiou(TypedDict):
    mean: float
    low: float
    high: float


class LabelEfficiencyHandedInBySecond(TypedDict):
    seconds: float
    miou: LabelEfficiencyHandedInBySecondMiou
    going: int


class LabelEfficiencyHandedInEnough(TypedDict):
    strokes: int
    seconds: float


class LabelEfficiencyHandedIn(TypedDict):
    images: int
    drawings: int
    strokes: float
    seconds: float
    byStrokes: list[LabelEfficiencyHandedInByStroke]
    bySeconds: list[LabelEfficiencyHandedInBySecond]
    enough: LabelEfficiencyHandedInEnough


class LabelEfficiencyKnownByStrokeMiou(TypedDict):
    mean: float
    low: float
    high: float


class LabelEfficiencyKnownByStroke(TypedDict):
    strokes: int
    miou: LabelEfficiencyKnownByStrokeMiou
    going: int


class LabelEfficiencyKnownBySecondMiou(TypedDict):
    mean: float
    low: float
    high: float


class LabelEfficiencyKnownBySecond(TypedDict):
    seconds: float
    miou: LabelEfficiencyKnownBySecondMiou
    going: int


class LabelEfficiencyKnownEnough(TypedDict):
    strokes: int
    seconds: float


class LabelEfficiencyKnown(TypedDict):
    images: int
    drawings: int
    strokes: float
    seconds: float
    byStrokes: list[LabelEfficiencyKnownByStroke]
    bySeconds: list[LabelEfficiencyKnownBySecond]
    enough: LabelEfficiencyKnownEnough


class LabelEfficiencyLeftOutItem(TypedDict):
    task: str
    name: str
    reason: str


class LabelEfficiency(TypedDict):
    handedIn: LabelEfficiencyHandedIn | None
    known: LabelEfficiencyKnown | None
    leftOut: list[LabelEfficiencyLeftOutItem]
    pending: int


class ConsensusSegment(TypedDict):
    id: int
    category: str


class Consensus(TypedDict):
    mask: str
    segments: list[ConsensusSegment]
    weights: dict[str, float]
    made: str


class MaskSetCampaign(TypedDict):
    id: str
    name: str


class MaskSetBuild(TypedDict):
    id: str
    current: bool
    made: str


class MaskSetClass(TypedDict):
    name: str
    colour: str
    called: NotRequired[str]


class MaskSet(TypedDict):
    recipe: str
    backbone: str | None
    preset: Literal['paper', 'best'] | None
    changed: dict[str, Any]
    campaign: MaskSetCampaign | None
    build: MaskSetBuild | None
    made: str | None
    classes: list[MaskSetClass]


class DatasetDetailDeleted(TypedDict):
    at: str
    goes: str


class DatasetDetailCampaign(TypedDict):
    id: str
    name: str


class DatasetDetail(TypedDict):
    name: str
    images: int
    former: int
    bytes: int
    shards: int
    updated: str
    archived: str | None
    deleted: DatasetDetailDeleted | None
    keys: list[str]
    recipes: list[str]
    masks: list[MaskSet]
    campaigns: list[DatasetDetailCampaign]


class DatasetImageSegment(TypedDict):
    id: int
    category: str


class DatasetImage(TypedDict):
    id: int
    name: str
    also: NotRequired[list[str]]
    sha256: str
    state: Literal['masked', 'failed', 'none']
    reason: str | None
    mask: str | None
    categories: list[str]
    segments: list[DatasetImageSegment]
    uncertainty: float | None
    tags: NotRequired[list[str]]


class Selection(TypedDict):
    id: str
    dataset: str
    images: int
    filter: str


class RunProgress(TypedDict):
    images: int
    done: int
    cached: int
    failed: int
    total: int
    shards: int
    shardsDone: int
    paused: bool
    stage: NotRequired[Literal['extracting', 'building', 'comparing', 'teaching', 'predicting', 'indexing', 'searching']]


class Waiting(TypedDict):
    queue: str
    address: str
    namespace: str
    start: str


class Failing(TypedDict):
    reason: str
    attempts: int
    most: int


class RunRelabelledGateThresholds(TypedDict):
    worse: float
    changed: float


class RunRelabelledGate(TypedDict):
    open: bool
    reasons: list[str]
    thresholds: RunRelabelledGateThresholds


class RunRelabelled(TypedDict):
    build: str
    base: str | None
    images: float
    failed: float
    changed: float
    promoted: bool
    gate: RunRelabelledGate


class RunRebuilt(TypedDict):
    build: str
    images: float
    differing: float


class Run(TypedDict):
    waiting: Waiting | None
    failing: Failing | None
    id: str
    kind: Literal['extract', 'propagate', 'export', 'relabel', 'rebuild', 'compare', 'evaluate', 'prelabel', 'search']
    of: str
    keys: str | None
    state: Literal['running', 'done', 'failed', 'cancelled']
    started: str
    ended: str | None
    progress: RunProgress | None
    reason: str | None
    relabelled: NotRequired[RunRelabelled]
    rebuilt: NotRequired[RunRebuilt]


class ExportSelection(TypedDict):
    id: str
    filter: str
    images: int


class Export(TypedDict):
    id: str
    format: Literal['coco-panoptic', 'coco-instances', 'voc', 'yolo-seg', 'labelme', 'cvat', 'label-studio', 'png', 'png-per-class', 'cityscapes', 'datumaro', 'fiftyone', 'hugging-face', 'overlays']
    recipe: str
    build: str | None
    schema: int | None
    selection: ExportSelection | None
    loses: str
    made: str
    files: int
    bytes: int


class Image(TypedDict):
    id: int
    name: str
    sha256: str
    width: int | None
    height: int | None
    former: NotRequired[bool]


class PaceCount(TypedDict):
    at: str
    handed: int
    accepted: int


class PaceWindow(TypedDict):
    since: str
    handed: int


class Pace(TypedDict):
    by: Literal['hour', 'day']
    counts: list[PaceCount]
    remaining: int
    window: PaceWindow
    perHour: float | None
    perDay: float | None
    finished: str | None
    lastHour: int
    lastDay: int


class TaskPerson(TypedDict):
    user: str
    name: str


class TaskSegment(TypedDict):
    id: int
    category: int


class TaskWork(TypedDict):
    id: str
    user: str
    author: str
    state: Literal['leased', 'submitted', 'skipped', 'returned', 'accepted', 'sent_back']
    reason: str | None
    updated: str


class Task(TypedDict):
    id: str
    image: Image
    state: Literal['open', 'done']
    honeypot: bool
    wanted: int
    taken: int
    handed: int
    accepted: int
    people: NotRequired[list[TaskPerson]]
    tags: NotRequired[list[str]]
    categories: list[int]
    uncertainty: float | None
    mask: str | None
    consensus: bool
    segments: list[TaskSegment]
    works: list[TaskWork]


class Campaign(TypedDict):
    name: str
    instructions: str
    annotators: int
    blind: bool
    honeypotRate: float
    deadline: str | None
    leaseSeconds: int
    state: Literal['open', 'paused', 'closed']
    gateWorse: float
    gateChanged: float
    strokes: Literal['hold', 'tolerate']
    unlabelled: Literal['allow', 'refuse']
    corpus: Literal['on', 'off']
    id: str
    dataset: str
    backbone: str
    layer: NotRequired[int]
    facet: Literal['key', 'query', 'value']
    longSide: NotRequired[int]
    codec: NotRequired[str]
    preset: Literal['paper', 'best']
    solve: dict[str, Any]
    ordering: Literal['import', 'random']
    start: CampaignStart | None
    selection: NotRequired[Selection]
    categories: list[Category]
    attributes: NotRequired[list[Attribute]]
    schema: int
    created: str
    archived: str | None
    deleted: CampaignDeleted | None

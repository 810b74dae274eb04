"""What was learned of a service as plain values for its snapshot: arrays as raw little-endian float32."""

from __future__ import annotations

import msgspec
import numpy as np

from advisor.domain.demand import Floats
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.effects import Effect
from advisor.forecasting.learned import Learned


class ArrayState(msgspec.Struct, frozen=True, array_like=True):
    """An array of float32 numbers."""

    shape: list[int]
    data: bytes


class BaselineState(msgspec.Struct, frozen=True, kw_only=True):
    """See :class:`advisor.forecasting.baseline.Baseline`."""

    step_s: int
    until_s: int
    offset: float
    week: ArrayState
    residuals: ArrayState
    weights: ArrayState
    leads: list[int]
    shares: ArrayState
    sizes: ArrayState
    ladders: ArrayState
    calibration: float | None
    cold: bool
    year: ArrayState = ArrayState([0], b"")


class EffectState(msgspec.Struct, frozen=True, kw_only=True):
    """See :class:`advisor.forecasting.effects.Effect`; ratios are float16, flags are packed bits."""

    campaign_id: str
    kind: str
    start_s: int
    end_s: int
    audience: float | None
    hint: float | None
    from_s: int
    width_s: int
    log_ratios: bytes
    at_least: bytes
    share: float
    surprise: float | None
    channels: list[str] = []


class LearnedState(msgspec.Struct, frozen=True, kw_only=True):
    """See :class:`advisor.forecasting.learned.Learned`."""

    until_s: int
    baseline: BaselineState | None
    effects: list[EffectState]
    digest: int


def learned_state(learned: Learned) -> LearnedState:
    """Everything needed to restore what was learned exactly."""
    baseline = learned.baseline
    return LearnedState(
        until_s=learned.until_s,
        baseline=_baseline_state(baseline) if baseline is not None else None,
        effects=[_effect_state(effect) for effect in learned.effects],
        digest=learned.digest,
    )


def restore_learned(state: LearnedState) -> Learned:
    """What a snapshot was taken of."""
    baseline = _baseline(state.baseline) if state.baseline is not None else None
    return Learned(state.until_s, baseline, tuple(_effect(e) for e in state.effects), state.digest)


def _baseline_state(baseline: Baseline) -> BaselineState:
    return BaselineState(
        step_s=baseline.step_s,
        until_s=baseline.until_s,
        offset=baseline.offset,
        week=_packed(baseline.week),
        year=_packed(baseline.year),
        residuals=_packed(baseline.residuals),
        weights=_packed(baseline.weights),
        leads=list(baseline.leads),
        shares=_packed(baseline.shares),
        sizes=_packed(baseline.sizes),
        ladders=_packed(baseline.ladders),
        calibration=baseline.calibration,
        cold=baseline.cold,
    )


def _baseline(state: BaselineState) -> Baseline:
    return Baseline(
        step_s=state.step_s,
        until_s=state.until_s,
        offset=state.offset,
        week=_unpacked(state.week),
        year=_unpacked(state.year),
        residuals=_unpacked(state.residuals),
        weights=_unpacked(state.weights),
        leads=tuple(state.leads),
        shares=_unpacked(state.shares),
        sizes=_unpacked(state.sizes),
        ladders=_unpacked(state.ladders),
        calibration=state.calibration,
        cold=state.cold,
    )


def _effect_state(effect: Effect) -> EffectState:
    return EffectState(
        campaign_id=effect.campaign_id,
        kind=effect.kind,
        start_s=effect.start_s,
        end_s=effect.end_s,
        audience=effect.audience,
        hint=effect.hint,
        from_s=effect.from_s,
        width_s=effect.width_s,
        log_ratios=effect.log_ratios.astype("<f2").tobytes(),
        at_least=np.packbits(effect.at_least).tobytes(),
        share=effect.share,
        surprise=effect.surprise,
        channels=list(effect.channels),
    )


def _effect(state: EffectState) -> Effect:
    ratios = np.frombuffer(state.log_ratios, "<f2").astype(np.float64)
    flags = np.unpackbits(np.frombuffer(state.at_least, np.uint8), count=len(ratios)).astype(np.bool_)
    return Effect(
        campaign_id=state.campaign_id,
        kind=state.kind,
        start_s=state.start_s,
        end_s=state.end_s,
        audience=state.audience,
        hint=state.hint,
        from_s=state.from_s,
        width_s=state.width_s,
        log_ratios=ratios,
        at_least=flags,
        share=state.share,
        surprise=state.surprise,
        channels=tuple(state.channels),
    )


def _packed(array: Floats) -> ArrayState:
    return ArrayState(list(array.shape), array.astype("<f4").tobytes())


def _unpacked(state: ArrayState) -> Floats:
    return np.frombuffer(state.data, "<f4").astype(np.float64).reshape(state.shape)

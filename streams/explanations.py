"""Says on the audit topic what each service's forecast is made of, whenever that changes in substance.

Not at each refresh: a service to which nothing happens is never written of. What was said is remembered on
the models topic once it is stored. A worker that ends between the two says it again when it is back, under
the same id unless something has changed since: at least once, and readers may drop ids they have seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Forecast, UpliftBand
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import from_epoch_s
from streams.audit_trail import MODEL_VERSION
from streams.codec.audit import ACTOR
from streams.codec.explanations import (
    NOTHING_SAID,
    BaselineData,
    CampaignData,
    ExplanationData,
    Phase,
    SaidOfCampaign,
    Substance,
    encode_explanation,
    encode_said,
    explanation_id,
)
from streams.codec.forecasts import evidence_records, regime_of
from streams.demand_partition import DemandPartition
from streams.inputs import Inputs
from streams.outbox import Outbox
from streams.records import OutgoingRecord
from streams.topics import TopicNames

CALIBRATED = (0.90, 0.99)
"""A 0.95 quantile that held in such a share of the last days does what it says; outside it is news."""

CALIBRATED_AGAIN = (0.92, 0.97)
"""After that it has to come back so far: a share that goes to and fro about a bound is news once."""

MOVED_BY = 0.1
"""A factor that differs by more than a tenth from the one written last is another one."""

Told = tuple[Forecast, Sequence[Campaign], DemandPartition]


class Explainer:
    """Writes the explanations of the services that this worker owns."""

    def __init__(self, names: TopicNames, outbox: Outbox, policy: Policy) -> None:
        self._topic, self._models = names.audit, names.models
        self._outbox = outbox
        self._policy = policy
        self._inputs_topic = names.inputs
        self._inputs = Inputs(names.inputs)

    async def tell(self, forecasts: Iterable[Told]) -> None:
        """Write what is new of these forecasts, each with its service's campaigns and its partition."""
        forecasts = list(forecasts)
        if forecasts and self._inputs.are_old(forecasts[0][0].cutoff):
            self._inputs = Inputs(self._inputs_topic)
        records: list[OutgoingRecord] = []
        told: list[tuple[DemandPartition, str, Substance]] = []
        for forecast, campaigns, state in forecasts:
            last = state.explained(forecast.service)
            says = substance_of(forecast, campaigns, last)
            if is_news(says, last):
                says = msgspec.structs.replace(says, id=explanation_id(forecast.service, says, last.id))
                named = self._named(says, campaigns)
                data = explanation_of(forecast, says, last.id or None, named, self._policy.version)
                records.append(encode_explanation(self._topic, says.id, data))
                told.append((state, forecast.service, says))
        await self._outbox.send([*self._inputs.take(), *records])
        for state, service, says in told:
            state.keep_explained(service, says)
        # Sent only now, and not along with them: what was not stored was not said.
        await self._outbox.send(
            OutgoingRecord(self._models, *encode_said(service, says), partition=state.partition)
            for state, service, says in told
        )

    def _named(self, says: Substance, campaigns: Sequence[Campaign]) -> dict[str, str]:
        told = {one.campaign for one in says.campaigns}
        reached = [c for c in campaigns if c.campaign_id in told]
        return {f"campaign:{c.campaign_id}": self._inputs.name(msgspec.json.encode(c)) for c in reached}


def substance_of(
    forecast: Forecast, campaigns: Sequence[Campaign], last: Substance = NOTHING_SAID
) -> Substance:
    """What does this forecast's explanation say, after what the `last` one said?

    `campaigns` hold at least those that it has uplifts of.
    """
    known = {campaign.campaign_id: campaign for campaign in campaigns}
    of_campaigns = {uplift.reason for uplift in forecast.uplifts}
    low, high = CALIBRATED if last.calibrated else CALIBRATED_AGAIN
    return Substance(
        regime=regime_of(forecast),
        reasons=tuple(reason for reason in forecast.reasons if reason not in of_campaigns),
        calibrated=forecast.calibration is None or low <= forecast.calibration <= high,
        campaigns=tuple(
            _said(uplift, known[uplift.campaign_id], forecast.cutoff)
            for uplift in sorted(forecast.uplifts, key=lambda u: u.campaign_id)
        ),
    )


def is_news(says: Substance, last: Substance) -> bool:
    """Does this explanation say something that the last one did not?"""
    if _plain(says) != _plain(last):
        return True
    return any(
        _moved(now.in_flight, before.in_flight)
        or any(_moved(now.evidence[name], before.evidence[name]) for name in now.evidence)
        for now, before in zip(says.campaigns, last.campaigns, strict=True)
    )


def explanation_of(
    forecast: Forecast, says: Substance, before: str | None, inputs: dict[str, str], policy_version: str
) -> ExplanationData:
    """The whole explanation: what it says, with the figures of this forecast."""
    uplifts = {uplift.campaign_id: uplift for uplift in forecast.uplifts}
    return ExplanationData(
        service=forecast.service,
        cutoff=forecast.cutoff,
        regime=says.regime,
        baseline=_baseline(forecast),
        cold_start=Reason.COLD_START in forecast.reasons,
        campaigns=[_figures(one, uplifts[one.campaign], forecast.levels) for one in says.campaigns],
        calibration=None if forecast.calibration is None else round(forecast.calibration, 4),
        reasons=list(forecast.reasons),
        before=before,
        actor=ACTOR,
        inputs=inputs,
        policy_version=policy_version,
        model_version=MODEL_VERSION,
    )


def _said(uplift: UpliftBand, campaign: Campaign, cutoff: datetime) -> SaidOfCampaign:
    phase: Phase = "ahead" if cutoff < campaign.start else "running" if cutoff < campaign.end else "over"
    return SaidOfCampaign(
        campaign=campaign.campaign_id,
        revision=campaign.revision,
        phase=phase,
        reason=uplift.reason,
        in_flight=1.0 if uplift.in_flight is None else uplift.in_flight,
        evidence={e.campaign_id: e.mean_factor for e in uplift.evidence},
    )


def _plain(says: Substance) -> tuple[object, ...]:
    """All that is compared as it stands; of numbers only whose they are."""
    campaigns = [(c.campaign, c.revision, c.phase, c.reason, set(c.evidence)) for c in says.campaigns]
    return says.regime, says.reasons, says.calibrated, campaigns


def _moved(now: float, before: float) -> bool:
    return abs(now - before) > MOVED_BY * before


def _baseline(forecast: Forecast) -> BaselineData | None:
    if not len(forecast.times_s):
        return None
    median = forecast.baseline[:, forecast.levels.index(0.5)]
    top = int(np.argmax(median))
    return BaselineData(float(median[0]), float(median[top]), from_epoch_s(int(forecast.times_s[top])))


def _figures(says: SaidOfCampaign, uplift: UpliftBand, levels: Sequence[float]) -> CampaignData:
    moved = (uplift.factor != 1.0).any(axis=1)
    factors = uplift.factor[moved, levels.index(0.5)]
    mean, peak = (np.exp(np.log(factors).mean()), factors.max()) if len(factors) else (1.0, 1.0)
    return CampaignData(
        campaign=says.campaign,
        revision=says.revision,
        phase=says.phase,
        reason=says.reason,
        mean_factor=round(float(mean), 4),
        peak_factor=round(float(peak), 4),
        in_flight=uplift.in_flight,
        evidence=evidence_records(uplift),
    )

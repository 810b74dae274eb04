"""Every "why" and "why not" has exactly one name.

The same word stands in the log, the metric label, the audit topic, the terminal and the runbook.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why something was decided, refused, capped or thrown away."""

    # --- why a floor is what it is
    CAMPAIGN_CLAIM = "CAMPAIGN_CLAIM"  # a campaign holds a claim and lifts the floor
    FLOOR_SUFFICIENT = "FLOOR_SUFFICIENT"  # the ordinary minimum already carries the campaign
    REHEARSAL = "REHEARSAL"  # a person wants one small raise tried for real
    NO_CLAIM = "NO_CLAIM"  # no campaign holds a claim: the ordinary minimum stands

    # --- how the forecast came about
    COLD_START = "COLD_START"  # under a day of history: level only, wide band
    UPLIFT_FROM_OWNER = "UPLIFT_FROM_OWNER"  # the campaign's own figure was used
    UPLIFT_FROM_AUDIENCE = "UPLIFT_FROM_AUDIENCE"  # worked out from audience and send rate
    UPLIFT_LEARNED = "UPLIFT_LEARNED"  # mostly from what campaigns like it did before
    UPLIFT_LIKE_SUNDAY = "UPLIFT_LIKE_SUNDAY"  # a holiday: expected to look like a Sunday
    UPLIFT_FROM_PRIOR = "UPLIFT_FROM_PRIOR"  # no hint at all: the wide general prior
    UPLIFT_CAPPED_BY_SOURCE = "UPLIFT_CAPPED_BY_SOURCE"  # the policy trusts this source only so far

    # --- guardrails
    INPUT_STALE = "INPUT_STALE"  # the newest demand is too old to lower or plan on
    NO_DEMAND_DATA = "NO_DEMAND_DATA"  # a service this resource serves was never seen
    CAPPED_BY_CEILING = "CAPPED_BY_CEILING"  # more units are needed than the ceiling allows
    WOULD_SHED_LOAD = "WOULD_SHED_LOAD"  # lowering now would take capacity that is in use
    EXPIRED = "EXPIRED"  # the instruction is older than its expiry
    CAMPAIGN_PAST = "CAMPAIGN_PAST"  # the campaign is over: nothing is raised for it
    CAMPAIGN_CANCELLED = "CAMPAIGN_CANCELLED"  # withdrawn by its owner
    OVER_CAMPAIGN_BUDGET = "OVER_CAMPAIGN_BUDGET"  # its extra cost exceeds its budget
    OVER_TEAM_BUDGET = "OVER_TEAM_BUDGET"  # its team's campaigns of the month cost more than the team may
    OVER_DAY_BUDGET = "OVER_DAY_BUDGET"  # all campaigns together cost more than a day may
    POOL_EXHAUSTED = "POOL_EXHAUSTED"  # a quota or pool that resources share does not hold them all
    ABSURD_MULTIPLIER = "ABSURD_MULTIPLIER"  # planned for so much more than was ever seen
    OUT_OF_CALIBRATION = "OUT_OF_CALIBRATION"  # the forecast was too low too often lately
    ABOVE_MAX_STEP = "ABOVE_MAX_STEP"  # more units at once than one act may add
    COOLDOWN = "COOLDOWN"  # lowered too soon after the last act
    FREEZE_WINDOW = "FREEZE_WINDOW"  # nothing may be changed now, by the policy
    OUTSIDE_HOURS = "OUTSIDE_HOURS"  # the mode may not act at this time of day
    ABOVE_MODE_CAP = "ABOVE_MODE_CAP"  # further than the mode may go by itself
    KILL_SWITCH = "KILL_SWITCH"  # a person froze acting on the resource or everywhere
    RESOURCE_UNMANAGED = "RESOURCE_UNMANAGED"  # the platform does not have it marked as ours to change
    OWNED_BY_OTHER = "OWNED_BY_OTHER"  # another controller sets its bounds
    TAKEN_OVER_LATELY = "TAKEN_OVER_LATELY"  # a call of the decider before may still take effect
    NOT_THE_DECIDER = "NOT_THE_DECIDER"  # another worker decides by now
    KAFKA_AWAY = "KAFKA_AWAY"  # nothing new is agreed and nothing lowered; agreed raises go on for a while
    FLOOR_CLOBBERED = "FLOOR_CLOBBERED"  # somebody takes back what we set, again and again
    ALREADY_SET = "ALREADY_SET"  # what is asked for stands: nothing is done again
    SOURCE_NOT_LISTED = "SOURCE_NOT_LISTED"  # the policy lists sources and this is not one
    MODE_OBSERVE = "MODE_OBSERVE"  # the resource is only watched
    MODE_RECOMMEND = "MODE_RECOMMEND"  # people act on the recommendation
    NEEDS_APPROVAL = "NEEDS_APPROVAL"  # a person has to agree first
    NEEDS_SECOND_APPROVAL = "NEEDS_SECOND_APPROVAL"  # a different person has to agree as well
    OUTSIDE_ENVELOPE = "OUTSIDE_ENVELOPE"  # more units, cost or time than people agreed to
    APPROVAL_EXPIRED = "APPROVAL_EXPIRED"  # what was agreed is not valid any more
    APPROVAL_REJECTED = "APPROVAL_REJECTED"  # a person said no
    HELD = "HELD"  # a person put a hold on the resource or the campaign
    NOT_A_DRY_RUN = "NOT_A_DRY_RUN"  # a replay may act on nothing real
    NO_ACTUATOR = "NO_ACTUATOR"  # nothing here knows how to set this resource

    # --- commands: why a person's word was not taken
    CAMPAIGN_UNKNOWN = "CAMPAIGN_UNKNOWN"  # no such campaign was announced
    REVISION_MISMATCH = "REVISION_MISMATCH"  # another revision than the present one is meant
    WINDOW_EMPTY = "WINDOW_EMPTY"  # an approval that ends before it begins
    RESOURCE_UNKNOWN = "RESOURCE_UNKNOWN"  # the policy has no such resource
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"  # another currency than the policy counts in
    SCOPE_UNKNOWN = "SCOPE_UNKNOWN"  # neither a resource nor a campaign
    NOT_HELD = "NOT_HELD"  # there is nothing to resume

    # --- readiness
    MEETS_PLAN = "MEETS_PLAN"  # the plan is agreed and can be met in time
    VERIFIED = "VERIFIED"  # the units are there and ready
    LEAD_TIME_TOO_SHORT = "LEAD_TIME_TOO_SHORT"  # cannot be ready by the start
    LEAD_TIME_TIGHT = "LEAD_TIME_TIGHT"  # ready in time only if the platform takes no longer than usual
    UNITS_MISSING = "UNITS_MISSING"  # asked for longer ago than units take, and not ready
    LEAD_TIME_UNMEASURED = "LEAD_TIME_UNMEASURED"  # nobody has seen yet how long its units take
    FIXED_LIMIT = "FIXED_LIMIT"  # it cannot be scaled, and more is needed of it than it carries
    RISK_TOO_HIGH = "RISK_TOO_HIGH"  # planned, but short more often than the policy's risk allows
    UNIT_CAPACITY_UNPROVEN = "UNIT_CAPACITY_UNPROVEN"  # nobody has seen a unit carry this much
    UPLIFT_UNKNOWN = "UPLIFT_UNKNOWN"  # it lasts for days and nothing says how large it is
    NOT_FORECAST_YET = "NOT_FORECAST_YET"  # announced a moment ago, or further away than we plan
    SERVICE_UNKNOWN = "SERVICE_UNKNOWN"  # the campaign names a service no resource serves

    # --- what became of an act
    FLOOR_SET = "FLOOR_SET"
    ORIGINALS_RESTORED = "ORIGINALS_RESTORED"  # as before our first change, and nothing of ours is left on it
    STEPS_ARMED = "STEPS_ARMED"  # the platform will carry out the next steps whether we live or not
    ACT_PARTLY_DONE = "ACT_PARTLY_DONE"  # the platform took a part: the rest is asked for again
    ACT_FAILED = "ACT_FAILED"  # for a reason that is none of the following
    ACT_CONFLICT = "ACT_CONFLICT"  # somebody else changed it since the decision: decided anew
    ACT_REFUSED = "ACT_REFUSED"  # the platform does not accept what is asked for
    ACT_FORBIDDEN = "ACT_FORBIDDEN"  # we may not: a permission is missing
    ACT_THROTTLED = "ACT_THROTTLED"  # too many calls: asked again later
    ACT_TIMED_OUT = "ACT_TIMED_OUT"  # no answer in time: it may have happened
    PLATFORM_UNREACHABLE = "PLATFORM_UNREACHABLE"  # no connection, or an error of its own
    CREDENTIALS_EXPIRED = "CREDENTIALS_EXPIRED"  # our credentials are not valid any more
    CLOCK_WRONG = "CLOCK_WRONG"  # our clock and the platform's are too far apart
    RESOURCE_GONE = "RESOURCE_GONE"  # there is no such resource on the platform

    # --- preflight: what will keep a plan from being carried out
    PERMISSION_MISSING = "PERMISSION_MISSING"  # a call that will be needed is not allowed
    QUOTA_TOO_SMALL = "QUOTA_TOO_SMALL"  # an account's or a namespace's quota does not hold what is planned
    ADDRESSES_TOO_FEW = "ADDRESSES_TOO_FEW"  # subnets have not enough free addresses
    MAXIMUM_TOO_LOW = "MAXIMUM_TOO_LOW"  # a maximum on the platform caps what is planned
    DISRUPTION_ALLOWED = "DISRUPTION_ALLOWED"  # evictions may take what is planned away again
    FLOOR_NOT_KEPT = "FLOOR_NOT_KEPT"  # the platform may go below a floor while little is asked of it
    IMAGE_PULLS_TOO_SLOW = "IMAGE_PULLS_TOO_SLOW"  # a registry lets fewer images be pulled than are planned

    # --- dead letters: what could not be read, and why
    NOT_JSON = "NOT_JSON"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    EMPTY_MESSAGE = "EMPTY_MESSAGE"
    FIELD_MISSING = "FIELD_MISSING"
    FIELD_INVALID = "FIELD_INVALID"
    NOT_A_CLOUDEVENT = "NOT_A_CLOUDEVENT"
    UNKNOWN_EVENT_TYPE = "UNKNOWN_EVENT_TYPE"
    TIMESTAMP_IN_FUTURE = "TIMESTAMP_IN_FUTURE"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    SUBJECT_MISMATCH = "SUBJECT_MISMATCH"
    KEY_MISSING = "KEY_MISSING"

    # --- samples that are read but not counted
    SAMPLE_LATE = "SAMPLE_LATE"
    SAMPLE_DUPLICATE = "SAMPLE_DUPLICATE"
    SERVICE_NOT_IN_POLICY = "SERVICE_NOT_IN_POLICY"


IN_RUNBOOK = frozenset(
    {
        Reason.ABOVE_MODE_CAP,
        Reason.ABSURD_MULTIPLIER,
        Reason.ACT_FAILED,
        Reason.ACT_FORBIDDEN,
        Reason.ACT_REFUSED,
        Reason.ACT_THROTTLED,
        Reason.ACT_TIMED_OUT,
        Reason.ADDRESSES_TOO_FEW,
        Reason.APPROVAL_EXPIRED,
        Reason.APPROVAL_REJECTED,
        Reason.CAPPED_BY_CEILING,
        Reason.CLOCK_WRONG,
        Reason.CREDENTIALS_EXPIRED,
        Reason.CURRENCY_MISMATCH,
        Reason.FIXED_LIMIT,
        Reason.FLOOR_CLOBBERED,
        Reason.FREEZE_WINDOW,
        Reason.HELD,
        Reason.IMAGE_PULLS_TOO_SLOW,
        Reason.INPUT_STALE,
        Reason.KILL_SWITCH,
        Reason.LEAD_TIME_TIGHT,
        Reason.LEAD_TIME_TOO_SHORT,
        Reason.LEAD_TIME_UNMEASURED,
        Reason.MAXIMUM_TOO_LOW,
        Reason.MODE_OBSERVE,
        Reason.MODE_RECOMMEND,
        Reason.NEEDS_APPROVAL,
        Reason.NEEDS_SECOND_APPROVAL,
        Reason.NOT_FORECAST_YET,
        Reason.NO_DEMAND_DATA,
        Reason.OUTSIDE_ENVELOPE,
        Reason.OUTSIDE_HOURS,
        Reason.OUT_OF_CALIBRATION,
        Reason.OVER_CAMPAIGN_BUDGET,
        Reason.OVER_DAY_BUDGET,
        Reason.OVER_TEAM_BUDGET,
        Reason.OWNED_BY_OTHER,
        Reason.PERMISSION_MISSING,
        Reason.PLATFORM_UNREACHABLE,
        Reason.POOL_EXHAUSTED,
        Reason.QUOTA_TOO_SMALL,
        Reason.RESOURCE_GONE,
        Reason.RESOURCE_UNMANAGED,
        Reason.RISK_TOO_HIGH,
        Reason.SERVICE_UNKNOWN,
        Reason.UNITS_MISSING,
        Reason.UNIT_CAPACITY_UNPROVEN,
        Reason.UPLIFT_UNKNOWN,
    }
)
"""What makes a campaign less than READY, and so has a section in the runbook: meaning, check, cure."""

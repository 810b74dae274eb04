"""What an autoscaler says of itself that keeps it from scaling."""

from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from advisor.actuation.kubernetes import hpa, scaled_object
from advisor.actuation.kubernetes.hpa import HpaKind
from advisor.actuation.kubernetes.kind import Found
from advisor.actuation.kubernetes.manifests import Manifest, ScaledObject
from advisor.actuation.kubernetes.scaled_object import ScaledObjectKind


def saying(*conditions: Manifest) -> Manifest:
    return {"metadata": {"name": "web"}, "spec": {}, "status": {"conditions": list(conditions)}}


def test_an_hpa_that_cannot_scale_or_is_at_its_maximum_says_so():
    """A floor above what the metrics ask for (`TooFewReplicas`) is what was asked for, and no hindrance."""
    unable = {"type": "AbleToScale", "status": "False", "message": "no scale subresource"}
    capped = {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "message": "at most 9"}
    few = "TooFewReplicas"
    floored = {"type": "ScalingLimited", "status": "True", "reason": few, "message": "at least 9"}

    def told(*conditions: Manifest) -> tuple[str, ...]:
        return HpaKind().held_up_by(Found(saying(*conditions), HorizontalPodAutoscaler, hpa.FIELDS))

    assert told(unable, capped) == ("the HPA: no scale subresource", "the HPA: at most 9")
    assert told(floored) == told() == ()


def test_keda_says_what_it_lacks_whether_the_id_names_its_scaled_object_or_its_hpa():
    lacking = {"type": "Ready", "status": "False", "message": "no such Secret: kafka-credentials"}
    found = Found(saying(lacking), ScaledObject, scaled_object.FIELDS)

    for kind in (ScaledObjectKind(), HpaKind()):
        assert kind.held_up_by(found) == ("KEDA: no such Secret: kafka-credentials",)

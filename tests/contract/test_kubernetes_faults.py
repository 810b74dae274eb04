"""What goes wrong between us and an API server: each trouble is told by its name, nothing is half done."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from advisor.actuation.calls import CallLimits
from advisor.actuation.connections import ClusterConnection
from advisor.actuation.kubernetes.actuators import kubernetes_actuators
from advisor.actuation.kubernetes.clusters import Clusters
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.kube.cluster import Cluster, kubeconfig
from tests.kube.control_plane import ControlPlane
from tests.kube.fault import Fault
from tests.kube.fault_proxy import FaultProxy
from tests.kube.scenes import Scene, scene
from tests.kube.sets import FOUND
from tests.kube.world import World
from tests.support.builders import NOW
from tests.support.deadline import eventually_async

SOON_S = 60
RAISED = Bounds(9, 60)
HASTY = CallLimits(per_s=500.0, at_once=16, timeout_s=1.0, attempts=3, longest_wait_s=0.3)


@pytest.fixture(scope="module")
def proxy(kubernetes: Cluster) -> Iterator[FaultProxy]:
    with FaultProxy(kubernetes) as proxy:
        yield proxy


@pytest.fixture
async def hpa(world: World, proxy: FaultProxy) -> AsyncIterator[Scene]:
    with scene(world, "hpa", proxy.kubeconfig_for, limits=HASTY) as made:
        yield made
        await made.clusters.close()


def change(made: Scene, target: Bounds = RAISED, found: Bounds = FOUND) -> Change:
    return Change(made.resource, found, target, FOUND, NOW, epoch=7)


async def raised(made: Scene) -> None:
    await made.actuator.set_floor(made.resource, change(made), NOW)


async def bounds(made: Scene) -> Bounds:
    return (await made.actuator.observe(made.resource, NOW)).bounds


async def refused(call: Awaitable[object]) -> ActuationError:
    with pytest.raises(ActuationError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize(
    "fault",
    [
        Fault("PATCH", status=409),
        Fault("PATCH", status=429, retry_after_s=0),
        Fault("PATCH", status=500),
        Fault("PATCH", status=503),
        Fault("PATCH", how="text", status=502),
        Fault("PATCH", how="reset"),
        Fault("PATCH", how="stall"),
        Fault("PATCH", status=504, afterwards=True),
        Fault("PATCH", how="reset", afterwards=True),
        Fault("PATCH", how="stall", afterwards=True),
        Fault("GET", status=503),
        Fault("GET", how="reset"),
    ],
    ids=lambda fault: f"{fault.method} {fault.how} {fault.status}{' afterwards' if fault.afterwards else ''}",
)
async def test_trouble_that_passes_is_sat_out(hpa: Scene, proxy: FaultProxy, fault: Fault) -> None:
    """Two faults in a row, before or after the API server acted, are followed by the whole change."""
    proxy.next_calls(fault, times=2)
    await raised(hpa)
    assert proxy.faults_left == 0
    assert (await bounds(hpa), hpa.marks()["headstart.io/originals"]) == (RAISED, "2/40")

    proxy.next_calls(fault, times=2)
    await hpa.actuator.restore(hpa.resource, change(hpa, FOUND, RAISED), NOW)
    assert (await bounds(hpa), hpa.marks()) == (FOUND, {})
    assert "headstart" not in hpa.managers()


@pytest.mark.parametrize(
    ("fault", "reason", "retryable"),
    [
        (Fault("PATCH", status=409), Reason.ACT_CONFLICT, True),
        (Fault("PATCH", status=429, retry_after_s=7), Reason.ACT_THROTTLED, True),
        (Fault("PATCH", status=500), Reason.PLATFORM_UNREACHABLE, True),
        (Fault("PATCH", status=503), Reason.PLATFORM_UNREACHABLE, True),
        (Fault("PATCH", how="text", status=503), Reason.PLATFORM_UNREACHABLE, True),
        (Fault("PATCH", how="text", status=200), Reason.PLATFORM_UNREACHABLE, True),
        (Fault("PATCH", how="reset"), Reason.PLATFORM_UNREACHABLE, True),
        (Fault("PATCH", how="stall"), Reason.ACT_TIMED_OUT, True),
        (Fault("PATCH", status=401), Reason.CREDENTIALS_EXPIRED, True),
        (Fault("PATCH", status=422), Reason.ACT_REFUSED, False),
        (Fault("PATCH", status=415), Reason.ACT_FAILED, False),
    ],
    ids=lambda value: f"{value.how} {value.status}" if isinstance(value, Fault) else str(value),
)
async def test_trouble_that_stays_is_told_by_its_name(
    hpa: Scene, proxy: FaultProxy, fault: Fault, reason: Reason, retryable: bool
) -> None:
    """What stood before stands, and the error tells what may pass from what will not."""
    proxy.next_calls(fault, times=50)

    error = await refused(raised(hpa))

    proxy.next_calls(fault, times=0)
    assert (error.reason, error.retryable, error.resource) == (reason, retryable, hpa.resource)
    assert error.retry_after == fault.retry_after_s
    assert (await bounds(hpa), hpa.marks()) == (FOUND, {})


async def test_what_will_not_pass_is_asked_for_once(hpa: Scene, proxy: FaultProxy) -> None:
    """A refusal is not repeated, for it would be the same."""
    proxy.next_calls(Fault("PATCH", status=422), times=50)
    begun = len(proxy.requests)

    await refused(raised(hpa))

    proxy.next_calls(Fault(), times=0)
    assert [method for method, _ in proxy.requests[begun:]].count("PATCH") == 1


async def test_a_missing_right_is_named_with_who_lacks_it(world: World) -> None:
    """Without actuation the chart allows no write: the error has verb, resource, namespace and account."""
    with scene(world, "hpa", actuation=False) as made:
        seen = await bounds(made)
        error = await refused(raised(made))
        await made.clusters.close()

    assert seen == FOUND
    assert (error.reason, error.retryable) == (Reason.ACT_FORBIDDEN, False)
    account = f"system:serviceaccount:{world.namespace}:headstart"
    for word in ("patch", "horizontalpodautoscalers", world.namespace, account):
        assert word in error.detail


async def test_what_admission_denies_is_refused_with_its_own_words(world: World, proxy: FaultProxy) -> None:
    """A policy of the cluster that caps autoscalers says no: that is no missing right, and no outage."""
    named = {"name": world.namespace}
    world.create(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": named,
            "spec": {
                "matchConstraints": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
                    "resourceRules": [
                        {
                            "apiGroups": ["autoscaling"],
                            "apiVersions": ["*"],
                            "operations": ["UPDATE"],
                            "resources": ["horizontalpodautoscalers"],
                        }
                    ],
                },
                "validations": [
                    {"expression": "object.spec.minReplicas <= 5", "message": "five is enough for anybody"}
                ],
            },
        }
    )
    world.create(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": named,
            "spec": {"policyName": world.namespace, "validationActions": ["Deny"]},
        }
    )
    with scene(world, "hpa") as made:

        async def refusal() -> ActuationError | None:
            try:
                await made.actuator.set_floor(made.resource, change(made), NOW)
            except ActuationError as error:
                return error
            await made.actuator.restore(made.resource, change(made, FOUND, RAISED), NOW)
            return None  # the policy is not in force yet

        error = await eventually_async(refusal, SOON_S)
        await made.clusters.close()

    assert error is not None
    assert (error.reason, error.retryable) == (Reason.ACT_REFUSED, False)
    assert "five is enough for anybody" in error.detail


async def test_credentials_that_are_renewed_are_read_again(world: World) -> None:
    """A kubeconfig written anew is used at the call after the one that found the old token expired."""
    with scene(world, "hpa", limits=HASTY) as made:
        path = made.kubeconfig
        good = path.read_text()
        config = yaml.safe_load(good)
        config["users"][0]["user"]["token"] = "expired"
        path.write_text(json.dumps(config))

        error = await refused(made.actuator.observe(made.resource, NOW))
        path.write_text(good)
        found = await bounds(made)
        await made.clusters.close()

    assert (error.reason, error.retryable) == (Reason.CREDENTIALS_EXPIRED, True)
    assert found == FOUND


async def test_a_token_in_a_file_is_read_again_when_it_expires(world: World, tmp_path: Path) -> None:
    """As a service account's is, which the kubelet renews: no call fails for it."""
    token = tmp_path / "token"

    def by_file(direct: Path) -> Path:
        config = yaml.safe_load(direct.read_text())
        token.write_text(config["users"][0]["user"]["token"])
        config["users"][0]["user"] = {"tokenFile": str(token)}
        direct.write_text(json.dumps(config))
        return direct

    with scene(world, "hpa", by_file) as made:
        good = token.read_text()
        token.write_text("expired")
        error = await refused(made.actuator.observe(made.resource, NOW))
        token.write_text(good)
        found = await bounds(made)
        await made.clusters.close()

    assert error.reason is Reason.CREDENTIALS_EXPIRED
    assert found == FOUND


def test_an_actuator_outlives_the_event_loop_it_was_first_used_on(world: World) -> None:
    """A command may start a loop for each of its steps, and connections do not go from one to the next."""
    with scene(world, "hpa") as made:
        found = [asyncio.run(made.actuator.observe(made.resource, NOW)).bounds for _ in range(2)]

    assert found == [FOUND, FOUND]


@pytest.mark.parametrize("text", ["{}", "no: [yaml", "", "contexts: 7"])
async def test_a_kubeconfig_that_is_none_is_no_outage(tmp_path: Path, text: str) -> None:
    """It is named, and waiting does not help."""
    path = tmp_path / "broken.yaml"
    path.write_text(text)

    error = await refused(_observe(path))

    assert (error.reason, error.retryable) == (Reason.PLATFORM_UNREACHABLE, False)
    assert "kubeconfig" in error.detail


async def test_outside_of_a_pod_there_is_no_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster without a kubeconfig is the one we run in; where we run in none, that is said."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    error = await refused(_observe(None))

    assert (error.reason, error.retryable) == (Reason.PLATFORM_UNREACHABLE, False)


@pytest.mark.parametrize("minutes", [10, -10])
async def test_a_clock_that_shows_another_time_than_ours_is_told(
    hpa: Scene, proxy: FaultProxy, minutes: int
) -> None:
    """And forgotten once it shows the same."""
    proxy.clock_ahead = timedelta(minutes=minutes)
    try:
        told = await hpa.actuator.observe(hpa.resource, NOW)
    finally:
        proxy.clock_ahead = timedelta(0)

    assert told.clock_ahead == timedelta(minutes=minutes)
    assert (await hpa.actuator.observe(hpa.resource, NOW)).clock_ahead == timedelta(0)


@pytest.mark.parametrize(("days", "reason"), [(1, Reason.CLOCK_WRONG), (-1, Reason.PLATFORM_UNREACHABLE)])
async def test_a_certificate_of_tomorrow_tells_of_a_wrong_clock(
    tmp_path: Path, days: int, reason: Reason
) -> None:
    """One that is not valid yet is told from one that is not trusted."""
    served, trusted = _certificate(tmp_path / "served", days), tmp_path / "served"
    if days < 0:
        trusted = tmp_path / "other"
        _certificate(trusted, days)
    async with _served(served) as port:
        path = tmp_path / "kubeconfig.yaml"
        cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(trusted)}
        path.write_text(kubeconfig(cluster, {"token": "t"}))
        error = await refused(_observe(path))

    assert error.reason is reason
    assert "certificate" in error.detail


async def test_a_killed_api_server_is_an_outage_and_then_none(own_kubernetes: ControlPlane) -> None:
    """While it is away every call says so and that it may pass; when it is back the same change is made."""
    with World(own_kubernetes, "shop") as world, scene(world, "hpa", limits=HASTY) as made:
        assert await bounds(made) == FOUND
        own_kubernetes.api_server.kill()
        error = await refused(raised(made))
        own_kubernetes.api_server.restart()

        await eventually_async(partial(_raised, made), SOON_S, ignoring=(ActuationError,))
        found = await bounds(made)
        await made.clusters.close()

    assert (error.reason, error.retryable) == (Reason.PLATFORM_UNREACHABLE, True)
    assert found == RAISED


async def test_a_frozen_api_server_is_waited_for_no_longer_than_agreed(own_kubernetes: ControlPlane) -> None:
    """It takes connections and says nothing: after all attempts the call ends, well before `slowest_call`."""
    with World(own_kubernetes, "shop") as world, scene(world, "hpa", limits=HASTY) as made:
        assert await bounds(made) == FOUND
        own_kubernetes.api_server.pause()
        begun = time.monotonic()
        error = await refused(raised(made))
        took = timedelta(seconds=time.monotonic() - begun)
        own_kubernetes.api_server.resume()
        await made.clusters.close()

    assert (error.reason, error.retryable) == (Reason.ACT_TIMED_OUT, True)
    assert took < made.actuator.slowest_call


async def _raised(made: Scene) -> bool:
    await raised(made)
    return True


async def _observe(path: Path | None) -> None:
    clusters = Clusters([ClusterConnection("prod", path)], HASTY)
    try:
        await kubernetes_actuators(clusters, {})["hpa"].observe("k8s://prod/shop/hpa/web", NOW)
    finally:
        await clusters.close()


def _certificate(path: Path, days: int) -> Path:
    """A key and a certificate for 127.0.0.1 that signed itself, valid from `days` from now on."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    since = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(pem))
    path.with_suffix(".key").write_bytes(private)
    return path


@asynccontextmanager
async def _served(certificate: Path) -> AsyncIterator[int]:
    """The port of an HTTPS server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()

"""As whom, where to and how patiently is AWS called?

One session per account, by a role of that account or by what boto3 finds itself; one client per account,
region and service. No call goes out before it is known that the credentials are the account's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.loaders import Loader, create_loader
from botocore.session import Session

from advisor.actuation.aws.actions import called
from advisor.actuation.aws.addresses import Address
from advisor.actuation.aws.errors import actuation_error
from advisor.actuation.calls import CallLimits, Calls
from advisor.actuation.connections import AccountConnection
from advisor.actuation.platform_clock import PlatformClock
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long boto3 tries one call: seconds to connect, seconds of silence, attempts, threads at once."""

    connect_s: float = 3.0
    read_s: float = 7.0
    attempts: int = 3
    at_once: int = 4

    @property
    def longest_s(self) -> float:
        """When does a thread that was left alone end at the latest?

        Between attempts boto3 waits up to 1, 2, 4 ... 20 s. In adaptive mode an attempt also waits for its
        turn: it lets at least one begin every two seconds, and no more threads than these can wait. The first
        call to an account fetches a role's credentials and asks whose they are, so it is three.
        """
        waits_s = sum(min(2.0**n, 20.0) for n in range(self.attempts - 1))
        return 3 * (self.attempts * (self.connect_s + self.read_s + 2.0 * self.at_once) + waits_s)


class Sessions:
    """Calls to AWS: whatever a client offers, off the event loop, within limits, with errors that say why.

    `accounts` are those that may be called, by their digits. boto3 tries again by itself (`patience`), so the
    calls of an account are paced here, `per_s`, and not repeated.
    """

    def __init__(
        self,
        accounts: Mapping[str, AccountConnection],
        patience: Patience | None = None,
        per_s: float = 20.0,
        version: str = "dev",
    ) -> None:
        self.patience = patience or Patience()
        self._accounts = accounts
        self._limits = CallLimits(per_s, self.patience.at_once, self.patience.longest_s, attempts=1)
        self._calls: dict[str, Calls] = {}
        self._sessions: dict[str, boto3.Session] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._clocks: dict[str, PlatformClock] = {name: PlatformClock() for name in accounts}
        self._known: dict[str, str] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(self.patience.at_once, thread_name_prefix="aws")
        self._config = Config(
            connect_timeout=self.patience.connect_s,
            read_timeout=self.patience.read_s,
            retries={"mode": "adaptive", "total_max_attempts": self.patience.attempts},
            user_agent_extra=f"headstart/{version}",
        )

    @property
    def slowest_call(self) -> timedelta:
        """The longest that one call takes with all its attempts, also when nobody waits for it any more."""
        return timedelta(seconds=self.patience.longest_s)

    def close(self) -> None:
        """Begin no further call."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def clock_ahead(self, account: str) -> timedelta:
        """How much later AWS's clock shows than ours, by the account's last answers; in whole minutes."""
        return self._clocks[account].ahead

    async def call(self, at: Address, service: str, operation: str, **parameters: Any) -> Answer:
        """The answer of an operation, in boto3's spelling, such as `update_auto_scaling_group`.

        Raises ActuationError. Credentials that ran out are fetched anew, once.
        """
        try:
            return await self._make(at, service, operation, parameters)
        except ActuationError as error:
            if error.reason is not Reason.CREDENTIALS_EXPIRED:
                raise
        self._forget(at.account)
        return await self._make(at, service, operation, parameters)

    async def pages(
        self, at: Address, service: str, operation: str, key: str, **parameters: Any
    ) -> list[Any]:
        """All that an operation lists under `key`, over however many answers."""
        found: list[Any] = []
        token: dict[str, Any] = {}
        while True:
            answer = await self.call(at, service, operation, **parameters, **token)
            found += answer.get(key, ())
            name = next((n for n in ("NextToken", "Marker", "NextMarker") if answer.get(n)), None)
            if name is None:
                return found
            token = {"Marker" if name == "NextMarker" else name: answer[name]}

    async def caller(self, at: Address) -> str:
        """The ARN of whom the account sees calling."""
        answer = await self.call(at, "sts", "get_caller_identity")
        return str(answer["Arn"])

    async def _make(self, at: Address, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        work = partial(self._blocking, at, service, operation, parameters)
        if at.account not in self._accounts:
            detail = f"account {at.account} is not to be called. Fix: list it under `accounts:` in the policy"
            raise ActuationError(at.resource, detail, retryable=False, reason=Reason.NO_ACTUATOR)
        if at.account not in self._calls:
            self._calls[at.account] = Calls(self._limits)
        return await self._calls[at.account].make(at.resource, lambda: self._off_the_loop(work))

    async def _off_the_loop(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _blocking(self, at: Address, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        action = service
        try:
            self._be_in_the_right_account(at)
            client = self._client(at, service)
            action = called(client, service, operation)
            answer: Answer = getattr(client, operation)(**parameters)
        except (ClientError, BotoCoreError, OSError) as error:
            raise actuation_error(at.resource, _failed(action, error), error) from error
        return answer

    def _be_in_the_right_account(self, at: Address) -> None:
        """A role of another account must never write to its resources of the same names."""
        account = self._known.get(at.account)
        if account is None:
            account = str(self._client(at, "sts").get_caller_identity()["Account"])
            self._known[at.account] = account
        if account != at.account:
            self._forget(at.account)
            raise ActuationError(
                at.resource,
                f"the credentials are of account {account}. Fix: name a role of account {at.account} for it",
                retryable=False,
                reason=Reason.ACT_FORBIDDEN,
            )

    def _client(self, at: Address, service: str) -> Any:
        key = (at.account, at.region, service)
        with self._lock:
            if key not in self._clients:
                session = self._sessions.get(at.account) or self._session(at)
                self._sessions[at.account] = session
                client = session.client(service, region_name=at.region, config=self._config)
                client.meta.events.register("after-call", partial(_tell_time, self._clocks[at.account]))
                self._clients[key] = client
            return self._clients[key]

    def _session(self, at: Address) -> boto3.Session:
        account = self._accounts[at.account]
        session = Session()
        session.register_component("data_loader", _models())
        if account.role is not None:
            role = _Role(account.role, account.external_id, at.region, self._config)
            session.register_component("credential_provider", CredentialResolver([role]))
        return boto3.Session(botocore_session=session)

    def _forget(self, account: str) -> None:
        """Whatever was found out with credentials that are not good any more."""
        with self._lock:
            self._known.pop(account, None)
            self._sessions.pop(account, None)
            self._clients = {key: client for key, client in self._clients.items() if key[0] != account}


def _tell_time(clock: PlatformClock, http_response: Any, **_: Any) -> None:
    """Every answer comes here, errors too: that of a signature refused for its time is dated like others."""
    clock.answered(http_response.headers.get("Date"))


def _failed(action: str, error: Exception) -> str:
    """What really failed: on the way to an action we may have to become, and to know, somebody first."""
    operation = getattr(error, "operation_name", None)
    return f"sts:{operation}" if operation in ("AssumeRole", "GetCallerIdentity") else action


@cache
def _models() -> Loader:
    """The models of AWS's services: large, slow to read, and the same for every account."""
    return create_loader()


class _Role:
    """Credentials of a role, fetched when first needed and again before they run out."""

    METHOD = CANONICAL_NAME = "headstart-assume-role"

    def __init__(self, arn: str, external_id: str | None, region: str, config: Config) -> None:
        self._arn = arn
        self._extra = {"RoleSessionName": "headstart"} | ({"ExternalId": external_id} if external_id else {})
        self._client = {"region_name": region, "config": config}

    def load(self) -> DeferredRefreshableCredentials:
        """The credentials; nothing is asked for yet."""
        source = Session()
        own = source.get_credentials()
        if own is None:
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(_create, source, self._client),
            source_credentials=own,
            role_arn=self._arn,
            extra_args=self._extra,
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)


def _create(source: Session, settings: Mapping[str, Any], service: str, **given: Any) -> Any:
    return source.create_client(service, **{**settings, **given})

"""A price list to ask over HTTP: real offers' shapes, a real client, and nothing beyond this machine.

It speaks GetProducts of the AWS Price List API: filters by equality, hands out two offers a page, and can be
told to fail. boto3 is led here by AWS_ENDPOINT_URL_PRICING.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PAGE = 2
INSTANCE = {
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "tenancy": "Shared",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
    "marketoption": "OnDemand",
}


@dataclass
class PriceApi:
    """What the list holds, what it was asked for, and the error it answers with, if any."""

    offers: Sequence[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    error: tuple[int, str] | None = None
    url: str = ""


def tier(price: str, unit: str, begin: str = "0", end: str = "Inf", currency: str = "USD") -> dict[str, Any]:
    """One price of an offer."""
    return {
        "unit": unit,
        "beginRange": begin,
        "endRange": end,
        "description": f"${price} per {unit}",
        "appliesTo": [],
        "rateCode": f"X.JRTCKXETXF.{begin}",
        "pricePerUnit": {currency: price},
    }


def offer(
    service: str, sku: str, family: str, attributes: Mapping[str, str], *tiers: dict[str, Any]
) -> dict[str, Any]:
    """An offer as the API answers it, with a reservation beside the price on demand."""
    region = {"regionCode": "eu-central-1", "locationType": "AWS Region", "servicecode": service}
    on_demand = {
        "priceDimensions": {one["rateCode"]: one for one in tiers},
        "sku": sku,
        "effectiveDate": "2026-10-01T00:00:00Z",
        "offerTermCode": "JRTCKXETXF",
        "termAttributes": {},
    }
    reserved = {**on_demand, "termAttributes": {"LeaseContractLength": "1yr"}, "offerTermCode": "4NA7Y494T4"}
    return {
        "product": {"productFamily": family, "attributes": {**region, **attributes}, "sku": sku},
        "serviceCode": service,
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": on_demand}, "Reserved": {f"{sku}.4NA7Y494T4": reserved}},
        "version": "20261018225923",
        "publicationDate": "2026-10-18T22:59:23Z",
    }


def instance(kind: str, price: str, sku: str = "EC2SKU", **attributes: str) -> dict[str, Any]:
    """An EC2 instance's offer."""
    described = {"instanceType": kind, "usagetype": f"EUC1-BoxUsage:{kind}", **INSTANCE, **attributes}
    return offer("AmazonEC2", sku, "Compute Instance", described, tier(price, "Hrs"))


def metered(
    service: str, sku: str, family: str, usage: str, *tiers: dict[str, Any], **more: str
) -> dict[str, Any]:
    """The offer of a usage type."""
    return offer(service, sku, family, {"usagetype": usage, **more}, *tiers)


@contextmanager
def price_api(*offers: dict[str, Any]) -> Iterator[PriceApi]:
    """A price list that holds these offers, on a port of its own, until the context ends."""
    api = PriceApi(offers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.asked.append(said)
            if api.error:
                self._answer(api.error[0], {"__type": api.error[1], "message": "no"})
                return
            wanted = {one["Field"]: one["Value"] for one in said["Filters"]}
            found = [one for one in api.offers if _fits(one, said["ServiceCode"], wanted)]
            start = int(said.get("NextToken", "0"))
            page: dict[str, Any] = {
                "FormatVersion": "aws_v1",
                "PriceList": [json.dumps(one) for one in found[start : start + PAGE]],
            }
            if start + PAGE < len(found):
                page["NextToken"] = str(start + PAGE)
            self._answer(200, page)

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are in `asked`, not on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _fits(one: dict[str, Any], service: str, wanted: Mapping[str, str]) -> bool:
    own = {**one["product"]["attributes"], "productFamily": one["product"]["productFamily"]}
    return one["serviceCode"] == service and all(own.get(name) == value for name, value in wanted.items())

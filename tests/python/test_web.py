"""What is served without gRPC, read as strangers read it."""

import json
from urllib.request import Request, urlopen

from openapi_spec_validator import OpenAPIV31SpecValidator


def get(server, path, **headers):
    with urlopen(Request(server.address + path, headers=headers)) as answer:
        return answer.read().decode()


def test_the_description_of_the_calls_is_valid(server):
    document = json.loads(get(server, "/openapi.json"))
    OpenAPIV31SpecValidator(document).validate()
    assert "/aiusage.v1.UsageService/GetUserCost" in document["paths"]


def test_a_call_is_as_described(server):
    body = json.dumps({"user_id": "ada"}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {server.api_key}"}
    path = "/aiusage.v1.UsageService/GetUserCost"
    document = json.loads(get(server, "/openapi.json"))
    described = document["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    name = described["$ref"].rsplit("/", 1)[1]
    with urlopen(Request(server.address + path, body, headers)) as answer:
        seen = json.load(answer)
    assert seen.keys() <= document["components"]["schemas"][name]["properties"].keys()
    assert seen["totals"]["requestCount"] == "0"

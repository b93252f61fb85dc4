"""Answers without a parcel: an error says nothing; a null beside something unknown is no error, and is refused."""

import pytest

from rules.normalize import parse_scans
from schemas.facts import Rejected
from tests.rules.normalize.payloads import dump

ERRORS = {
    "dhl_express": {"title": "No result found", "status": 404},
    "dhl_unified": {"title": "No result found", "status": 404},
    "dhl_ecommerce": {"title": "Not found"},
    "canada_post": {"messages": {"message": {"code": "004", "description": "No Pin History"}}},
    "royal_mail": {"httpCode": "404", "errors": [{"errorCode": "E1142"}]},
    "gls": {"exceptionText": "No result", "lastError": "E998"},
    "australia_post": {"errors": [{"code": "API_001"}]},
    "laposte": {"returnCode": 404, "returnMessage": "unknown"},
    "evri": {"message": "not found"},
    "hermes_de": {"code": "e410", "message": "not found"},
    "ontrac": {"Error": "not found"},
    "lasership": {"Error": True, "ErrorMessage": "not found"},
    "dpd": {"error": {"code": 404}},
}


@pytest.mark.parametrize("source", ERRORS)
def test_an_error_says_nothing(source: str) -> None:
    assert parse_scans(source, dump(ERRORS[source])) == ()


@pytest.mark.parametrize("source", ERRORS)
def test_a_null_beside_something_unknown_is_no_error(source: str) -> None:
    result = parse_scans(source, dump({**dict.fromkeys(ERRORS[source]), "parcelsOfAnotherShape": [{"a": 1}]}))
    assert isinstance(result, Rejected)
    assert result.reason == "schema_invalid"

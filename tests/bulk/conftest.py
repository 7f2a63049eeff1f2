from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.review.cases import Staff, signed_in
from tests.review.conftest import kim, networks_settings, racers, settings

__all__ = ["kim", "networks_settings", "racers", "settings"]


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)

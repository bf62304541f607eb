"""The pages that browsers get: what `make web` built from `web/`, and what stands in for it; no page knows a user."""

from bilten.web.built import asset_routes
from bilten.web.graphiql import graphiql_page
from bilten.web.page import Page

__all__ = ["Page", "asset_routes", "graphiql_page"]

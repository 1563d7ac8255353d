"""The dbt project as Dagster sees it: keys, groups and owners of its models, and what a run of it recorded.

Nothing is parsed here: the manifest is made ahead by `python -m orchestration.manifest`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from incentives.services.build_reports import BuildReport

if TYPE_CHECKING:
    from dagster_dbt import DbtProject

DATA_ENGINEERING = "team:data-engineering"
FINANCE = "team:finance"
_UNIQUE_ID = "dagster_dbt/unique_id"
_LAYERS = ("bronze", "config", "staging", "intermediate", "marts")

# dagster-dbt hands dbt's own JSON through; it is read here and goes no further.
DbtJson = Mapping[str, Any]
Outcome = dg.MaterializeResult[None] | dg.AssetCheckResult


class WarehouseTranslator(DagsterDbtTranslator):
    """Keys are [layer, name]; groups are the folders; owners are the teams that the models name."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_metadata=False))

    def get_asset_key(self, dbt_resource_props: DbtJson) -> dg.AssetKey:
        """Return [schema, table]: [bronze, order_lines], [marts, fct_credits]."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: DbtJson) -> str:
        """Return the folder of a model: `staging` for all of staging, else the innermost, such as touches or credits."""
        layer, *inner = dbt_resource_props["fqn"][1:-1] or [f"{dbt_resource_props['resource_type']}s"]
        return str(inner[-1] if inner and layer != "staging" else layer)

    def get_owners(self, dbt_resource_props: DbtJson) -> list[str]:
        """Return the team that `meta.owner` or the dbt group names; data engineering where neither does."""
        owner = (dbt_resource_props.get("config") or {}).get("meta", {}).get("owner")
        group = dbt_resource_props.get("group")
        if not owner and isinstance(group, Mapping):
            owner = group["owner"].get("name")
        return [f"team:{str(owner).replace('_', '-')}" if owner else DATA_ENGINEERING]

    def get_description(self, dbt_resource_props: DbtJson) -> str:
        """Return the description that the model carries, without its SQL."""
        return str(dbt_resource_props.get("description") or "")

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: DbtJson, unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """Return a test as a check; one that compares several models belongs to the furthest of them."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        node = manifest["nodes"][unique_id]
        if spec is not None or node.get("attached_node") or node["depends_on"]["nodes"] == []:
            return spec
        compared = [self.get_asset_spec(manifest, parent, project).key for parent in node["depends_on"]["nodes"]]
        if max(compared, key=_distance) != asset_spec.key:
            return None
        return dg.AssetCheckSpec(
            name=node["name"],
            asset=asset_spec.key,
            description=node.get("description") or None,
            additional_deps=[key for key in compared if key != asset_spec.key],
            metadata={_UNIQUE_ID: unique_id},
            blocking=str(node["config"].get("severity", "error")).lower() == "error",
        )


def outcomes_of(context: dg.AssetExecutionContext, report: BuildReport) -> Iterator[Outcome]:
    """Yield what the build recorded, for the assets and checks that this step was asked for.

    A build that was not put in place has checks to report, and no tables.
    """
    assets = {spec.metadata[_UNIQUE_ID]: spec.key for spec in context.assets_def.specs}
    checks = {(spec.metadata or {})[_UNIQUE_ID]: spec for spec in context.assets_def.check_specs}
    for node in report.nodes:
        asset_key, check = assets.get(node.node), checks.get(node.node)
        if asset_key is not None and asset_key in context.selected_asset_keys and report.in_place and node.held:
            rows = report.rows.get((asset_key.path[0], asset_key.path[-1]))
            counted = {} if rows is None else {"dagster/row_count": rows}
            yield dg.MaterializeResult(asset_key=asset_key, metadata={"seconds": node.seconds, **counted})
        if check is not None and check.key in context.selected_asset_check_keys and node.state != "skipped":
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=node.held,
                severity=dg.AssetCheckSeverity.WARN if node.state == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"failing_rows": node.failing_rows, "seconds": node.seconds},
            )


def configuration_specs(manifest: DbtJson) -> list[dg.AssetSpec]:
    """Return the tables of policies and settings, which the build writes from files that people keep."""
    tables = [source for source in manifest["sources"].values() if source["schema"] == "config"]
    return [
        dg.AssetSpec(
            ["config", table["name"]],
            description=table["description"] or "From the workspace's policies and settings.",
            group_name="configuration",
            owners=[FINANCE],
            kinds={"yaml"},
        )
        for table in sorted(tables, key=lambda table: str(table["name"]))
    ]


def _distance(key: dg.AssetKey) -> tuple[int, str]:
    return _LAYERS.index(key.path[0]), key.path[-1]

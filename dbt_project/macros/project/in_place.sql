{# dbt makes a relation under another name and renames it, so that readers have the old one until the new one is whole. A build
   goes into a file of its own that nobody reads before it is whole: here each is made under its name (docs/decisions, 0040). #}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {{ return({'relations': [made_in_place('table')]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb', supported_languages=['sql'] %}
    {{ return({'relations': [made_in_place('view')]}) }}
{% endmaterialization %}

{% macro made_in_place(kind) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type=kind) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ drop_relation_if_exists(existing) }}
    {% call statement('main') -%}
        {{ get_create_view_as_sql(relation, sql) if kind == 'view' else create_table_as(False, relation, sql) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return(relation) }}
{% endmacro %}

{#
    Records in force that cannot stand beside another one; one row per refused record, with its fault.

    rows: records in force, not withdrawn: load_id, file_ordinal, delivered_row and the columns used.
#}

{# Targets of one subject and measure whose spans overlap: all of them. #}
{% macro overlapping_targets(rows) -%}
    select
        load_id,
        file_ordinal,
        delivered_row,
        {{ fault('overlapping_target', 'period_start', 'cast(period_start as ' ~ dbt.type_string() ~ ')') }} as fault
    from (
        select
            *,
            max(period_end) over (
                partition by subject_type, subject_id, measure
                order by period_start
                rows between unbounded preceding and 1 preceding
            ) as end_before,
            lead(period_start) over (partition by subject_type, subject_id, measure order by period_start) as next_start
        from {{ rows }}
    ) as spans
    where end_before > period_start or next_start < period_end
{%- endmacro %}

{# Assignments that state an end beyond the beginning of the person's next one. #}
{% macro overlapping_assignments(rows) -%}
    select
        load_id,
        file_ordinal,
        delivered_row,
        {{ fault('overlapping_assignment', 'valid_to', 'cast(valid_to as ' ~ dbt.type_string() ~ ')') }} as fault
    from (
        select
            *,
            lead(valid_from) over (partition by associate_id order by valid_from) as next_valid_from
        from {{ rows }}
    ) as spans
    where valid_to > next_valid_from
{%- endmacro %}

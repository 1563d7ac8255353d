{#
    Why a policy does not count a touch for an order, null where it counts it: what is wrong with it in itself, its kind,
    when it was written down, whether an outreach was answered. Times in whole seconds.

    touch: relation with left_out_reason, kind, started_s, recorded_s, responded_s and the order's ordered_s.
    policy: relation with late_logging_s and outreach_response_s. kind_weights: left join, null where the kind has no weight.
#}
{% macro touch_left_out_reason(touch, policy, kind_weights) -%}
    case
            when {{ touch }}.left_out_reason is not null then {{ touch }}.left_out_reason
            when {{ kind_weights }}.weight is null then 'kind_not_counted'
            when {{ touch }}.recorded_s > {{ touch }}.ordered_s then 'recorded_after_order'
            when {{ touch }}.recorded_s - {{ touch }}.started_s > {{ policy }}.late_logging_s then 'late_logging'
            when {{ touch }}.kind = 'outreach'
                and {{ policy }}.outreach_response_s is not null
                and not coalesce(
                    {{ touch }}.responded_s <= {{ touch }}.ordered_s
                    and {{ touch }}.responded_s - {{ touch }}.started_s between 0 and {{ policy }}.outreach_response_s,
                    false
                )
                then 'no_response'
        end
{%- endmacro %}

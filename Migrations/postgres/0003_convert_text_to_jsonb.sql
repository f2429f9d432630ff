-- Text that is not JSON becomes a JSON string, so that no row is lost.
create function pg_temp.collector_jsonb(value text) returns jsonb language plpgsql as $$
begin
    return value::jsonb;
exception when others then
    return to_jsonb(value);
end
$$;

alter table debug_data
    alter column browser_info type jsonb using pg_temp.collector_jsonb(browser_info::text),
    alter column performance_data type jsonb using pg_temp.collector_jsonb(performance_data::text),
    alter column fingerprints type jsonb using pg_temp.collector_jsonb(fingerprints::text),
    alter column errors type jsonb using pg_temp.collector_jsonb(errors::text),
    alter column network type jsonb using pg_temp.collector_jsonb(network::text),
    alter column battery type jsonb using pg_temp.collector_jsonb(battery::text),
    alter column benchmarks type jsonb using pg_temp.collector_jsonb(benchmarks::text);

drop function pg_temp.collector_jsonb(text);

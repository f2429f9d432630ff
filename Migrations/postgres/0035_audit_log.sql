-- Changes of the owner, of API tokens and of commands: who did what to which object, without secrets and without visitors. Times are seconds
-- since 1970.
create table if not exists audit_log (
    id bigint generated always as identity primary key,
    at bigint not null,
    actor text not null,
    actor_name text,
    action text not null,
    object text,
    name text
);

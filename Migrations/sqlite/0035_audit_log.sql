-- Changes of the owner, of API tokens and of commands: who did what to which object, without secrets and without visitors. Times are seconds
-- since 1970.
create table audit_log (
    id integer primary key autoincrement,
    at integer not null,
    actor text not null,
    actor_name text,
    action text not null,
    object text,
    name text
) strict;

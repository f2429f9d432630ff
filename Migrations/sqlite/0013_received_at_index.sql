-- Nothing to do: every index of SQLite has the id behind its columns. The number is kept so that both engines have the same list.
select 1;

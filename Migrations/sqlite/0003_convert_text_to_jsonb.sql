-- Nothing to do: SQLite keeps JSON as text. The number is kept so that both engines have the same list.
select 1;

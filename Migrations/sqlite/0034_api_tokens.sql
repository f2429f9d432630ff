-- Tokens of the API for programs of the owner. A secret is kept as an HMAC under the owner's token, in hexadecimal digits. Times are seconds
-- since 1970; a token without expires_at does not expire.
create table api_tokens (
    id text primary key,
    name text not null unique,
    scope text not null,
    secret_hash text not null,
    created_at integer not null,
    expires_at integer,
    last_used_at integer
) strict, without rowid;

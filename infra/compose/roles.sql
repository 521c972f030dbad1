-- Runs once, when PostgreSQL makes its folder. Passwords come from files, so that no argument and no log shows them.
\set saltworks `cat "${SECRETS:-/run/secrets}/database-password"`
\set temporal `cat "${SECRETS:-/run/secrets}/temporal-password"`
create role saltworks login password :'saltworks';
create role temporal login password :'temporal';
create database saltworks owner saltworks;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database saltworks, temporal, temporal_visibility from public;

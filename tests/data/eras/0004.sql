-- A key whose secret was changed, with the one before still good.
INSERT INTO former_secret (digest, handle, api_key_id, ends_at) VALUES
    ('a96bac3bbd4d42829dd0d363eded5c9e04ba28f7a6c84914593113d7f9b65a3d', 'a96bac3bbd4d4282', '01900000000070008000000000000001', '2999-01-01 00:00:00.000000');

UPDATE api_key SET last_used_at = '2026-06-03 12:00:00.000000';

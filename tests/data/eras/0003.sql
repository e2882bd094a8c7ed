-- A context, a forecast of a claim that is open, and where a commitment was read.
INSERT INTO context (number, kappa, claims, rates, recorded_at) VALUES
    (1, 8.0, 2, '[]', '2026-06-01 00:00:00.000000');

INSERT INTO forecast (claim_id, day, method, probability, recorded_at) VALUES
    ('01900000000070008000000000000023', '2026-06-02', 'forecast/1', 0.625, '2026-06-02 01:00:00.000000');

UPDATE report SET lexicon = 'en/1' WHERE commitment = 4;

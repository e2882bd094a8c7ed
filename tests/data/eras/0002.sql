-- A report that was withdrawn, and a claim's text before it was changed.
INSERT INTO withdrawal (report_id, reason, withdrawn_by, recorded_at) VALUES
    ('01900000000070008000000000000034', 'Filed under the wrong paper.', '01900000000070008000000000000001', '2026-03-01 10:00:00.000000');

INSERT INTO version (id, subject_id, number, content, changed_by, recorded_at) VALUES
    ('01900000000070008000000000000050', '01900000000070008000000000000023', 1, '{"text": "The tunnel is flooded."}', '01900000000070008000000000000001', '2026-03-02 10:00:00.000000');

-- Several nodes can share a store, and each counts the positions of its own journal from 1. The
-- embedded store has one node, without a name.
ALTER TABLE audit_records ADD COLUMN node TEXT NOT NULL DEFAULT '';

ALTER TABLE audit_quarantine ADD COLUMN node TEXT NOT NULL DEFAULT '';

ALTER TABLE audit_shipper ADD COLUMN node TEXT NOT NULL DEFAULT '';

BEGIN TRANSACTION;
CREATE TABLE calls (
	id VARCHAR(36) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	service VARCHAR(128) NOT NULL, 
	hook VARCHAR(128) NOT NULL, 
	hook_instance VARCHAR(36) NOT NULL, 
	fhir_server TEXT NOT NULL, 
	patient_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(128) NOT NULL, 
	outcome VARCHAR(64) NOT NULL, 
	resources TEXT NOT NULL, 
	models TEXT NOT NULL, 
	timings TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "calls" VALUES('00000000-0000-4000-8000-000000000001','2026-11-26T03:32:18.178936Z','chart-review','patient-view','d6bb78aa-6e88-4dd4-9471-6b018ccc886b','https://ehr.example.org/fhir','p1','Practitioner/u1','answered','["Patient/p1","Observation/o1","Observation/o2"]','[{"name":"kidney.v1","version":"1","digest":"abc"}]','{"gather":1.5}');
INSERT INTO "calls" VALUES('00000000-0000-4000-8000-000000000002','2026-11-26T03:32:18.181745Z','chart-summary','patient-view','840d3203-8fd6-49cc-b067-e91ed16ec2f1','https://ehr.example.org/fhir','p2','Practitioner/u1','incomplete','[]','[]','{}');
CREATE TABLE cards (
	uuid VARCHAR(36) NOT NULL, 
	call_id VARCHAR(36) NOT NULL, 
	finding_group VARCHAR(64) NOT NULL, 
	urgency VARCHAR(16) NOT NULL, 
	finding_keys TEXT NOT NULL, 
	models TEXT NOT NULL, 
	suggestions TEXT NOT NULL, 
	PRIMARY KEY (uuid), 
	FOREIGN KEY(call_id) REFERENCES calls (id)
);
INSERT INTO "cards" VALUES('2bce0e98-fa20-45e0-993e-91ba3bbde161','00000000-0000-4000-8000-000000000001','kidney','soon','["ckd"]','[{"name":"kidney.v1","version":"1","digest":"abc"}]','["ffb3aa38-9131-4c1b-8e96-8146e4feb381"]');
INSERT INTO "cards" VALUES('64d5f167-a641-4f81-8dc8-250e2d83ceba','00000000-0000-4000-8000-000000000001','lipids','soon','["ckd"]','[{"name":"kidney.v1","version":"1","digest":"abc"}]','["9ab636f1-72dd-4812-bcfa-58332a1d0886"]');
CREATE TABLE feedback (
	id VARCHAR(36) NOT NULL, 
	card_uuid VARCHAR(36) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	accepted_suggestions TEXT NOT NULL, 
	reason_system TEXT NOT NULL, 
	reason_code TEXT NOT NULL, 
	reason_display TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	received VARCHAR(32) NOT NULL, 
	fhir_server TEXT NOT NULL, 
	patient_id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(128) NOT NULL, 
	finding_group VARCHAR(64) NOT NULL, 
	urgency VARCHAR(16) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (card_uuid, digest), 
	FOREIGN KEY(card_uuid) REFERENCES cards (uuid)
);
INSERT INTO "feedback" VALUES('03cfe5a2-ea29-4c9f-b6fd-50bf52909d8c','2bce0e98-fa20-45e0-993e-91ba3bbde161','ad4eee05096472a3a18c1e09e91b5b7ac6a9ea390f6a5cfe7eeb2bf5758f6ff7','overridden','[]','urn:x','known','Known','2026-11-26T03:32:18.163808Z','2026-11-26T03:32:18.181969Z','https://ehr.example.org/fhir','p1','Practitioner/u1','kidney','soon');
CREATE TABLE feedback_comments (
	feedback_id VARCHAR(36) NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (feedback_id), 
	FOREIGN KEY(feedback_id) REFERENCES feedback (id)
);
INSERT INTO "feedback_comments" VALUES('03cfe5a2-ea29-4c9f-b6fd-50bf52909d8c','Already discussed');
CREATE TABLE ledger (
	schema_version INTEGER NOT NULL, 
	checked_at VARCHAR(32) NOT NULL
);
INSERT INTO "ledger" VALUES(1,'2026-11-26T03:32:18.176821Z');
CREATE TABLE note_reading_key (
	id INTEGER NOT NULL, 
	secret VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "note_reading_key" VALUES(1,'ef3d15bec93ab43b4206eca37df6ddf996d8de92a237b22cbf0b85df995a2e22');
CREATE TABLE note_readings (
	"key" VARCHAR(64) NOT NULL, 
	model VARCHAR(160) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY ("key", model)
);
INSERT INTO "note_readings" VALUES('df9455f10855e0b47ab72e9865fa2f39d6e4481a95b0987c3c9b1a6c7469588f','test 1 abc','2026-11-26T03:32:18.180278Z',X'78018D514D6F832018FE2B8664B75785B59DED92EDB6C3CE3B9A1E50692143304097F8EFF7C0BA25EB2E7BA38291E7D35E105B644876AD8392132326ABFC5EF95365526562E53C1657BDB8B3355133E2CDE666A8EF396D88251553FEFE7033C4663F290B6EBD1846387CCF8FD4333944E58080810C6427391BBB1605FE7BB69010B401684B87E3116BC6EB418A11B8AEE178DEE1C6F5FC04858E445680AB7278470762719D97E4E74CDFED887DF8510E172B030481FB31B5047575355E42F8F6974CD98986431ACC104F69796C5B6DBBC687737BD226B4D14CAD19A75AF07A84107B15D9988A99D0485BE975512129178D77D9C76157627C31596FDC98B900D96FF7BC7EC0E66D8DC95B83947F6B870F77B11614429040422D07537E40CEB7C8945480CC4DE9FFCB977DB1425F4ABD5651C7D9BFAB004E145644AF16D0F227E234A7E0');
CREATE INDEX ix_calls_patient_id ON calls (patient_id);
CREATE INDEX ix_calls_hook_instance ON calls (hook_instance);
CREATE INDEX ix_calls_at ON calls (at);
CREATE INDEX ix_note_readings_at ON note_readings (at);
CREATE INDEX ix_cards_call_id ON cards (call_id);
CREATE INDEX feedback_by_patient ON feedback (patient_id, user_id, at);
COMMIT;

--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: t; Type: TABLE; Schema: public; Owner: pgtmp
--

CREATE TABLE public.t (
    outlet text,
    claim_id text,
    claim text,
    stance text,
    published_at timestamp with time zone,
    url text,
    topic text,
    probability double precision,
    commitment integer,
    outcome boolean,
    resolved_at date
);


ALTER TABLE public.t OWNER TO pgtmp;

--
-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: pgtmp
--

COPY public.t (outlet, claim_id, claim, stance, published_at, url, topic, probability, commitment, outcome, resolved_at) FROM stdin;
Kicker	k1	Müller wechselt; „ja“, sagt er.	support	2024-02-14 00:00:00+00	https://kicker.example/1?a=b;c	transfers	0.8	3	t	2024-03-01
L'Équipe	k2	He said "no", and left.	deny	2024-02-14 10:30:00+00	\N	\N	\N	\N	f	2024-03-02
Sport Bild	k3	Two\nlines	comment	2024-02-15 00:00:00+00	\N	transfers/summer	\N	1	\N	\N
\.


--
-- PostgreSQL database dump complete
--



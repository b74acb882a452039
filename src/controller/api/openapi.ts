import * as z from 'zod/mini'
import { ApiError, CERTIFICATE_KINDS } from '../../protocol/api/access.ts'
import { ClusterView } from '../../protocol/api/clusters.ts'
import { BODY_ERRORS, COMMON_ERRORS, statusOf } from '../../protocol/api/errors.ts'
import { LogEntry } from '../../protocol/api/events.ts'
import { NodeDetail, NodeView, Problem, RunView } from '../../protocol/api/nodes.ts'
import { OperatorReport } from '../../protocol/api/operators.ts'
import { PairReport } from '../../protocol/api/pair-report.ts'
import type { Route, Schema } from '../../protocol/api/route.ts'
import { ROUTES } from '../../protocol/api/routes.ts'
import { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import { RunEvent } from '../../protocol/wire/event.ts'
import { Facts } from '../../protocol/wire/facts.ts'

/** Schemas that are defined once in the document and referenced by name. */
const SHARED = {
  ...{ ClusterSettings, ClusterView, Facts, LogEntry, NodeDetail, NodeView, PairReport, Problem, RunEvent, RunView },
  ...{ OperatorReport, Error: ApiError },
}

type Json = Record<string, unknown>

/** The HTTP API as an OpenAPI 3.1 document, generated from the routes. */
export function openapi(version: string): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const [id, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replace('{+', '{')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(id, route, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cantrip controller',
      version,
      description:
        'JSON over HTTPS (TLS 1.3). Every client authenticates with a certificate that the controller has issued; x-access of an operation lists the kinds of certificates that can call it.',
    },
    paths,
    components: {
      schemas,
      securitySchemes: {
        certificate: {
          type: 'mutualTLS',
          description: `Kinds of client certificates: ${CERTIFICATE_KINDS.join(', ')}`,
        },
      },
    },
    security: [{ certificate: [] }],
  }
}

function operationOf(operationId: string, route: Route, schemas: Json): Json {
  const { summary, access, body } = route
  const json = (schema: Schema, io: 'input' | 'output') => ({
    'application/json': { schema: jsonSchemaOf(schema, io, schemas) },
  })
  return {
    ...{ operationId, summary, 'x-access': access },
    parameters: parametersOf(route, schemas),
    ...(body && { requestBody: { required: true, content: json(body, 'input') } }),
    responses: { ...answersOf(route, json), ...errorsOf(route, json(ApiError, 'output')) },
  }
}

function parametersOf({ path, params, query }: Route, schemas: Json): Json[] {
  const variables = [...path.matchAll(/\{\+?(\w+)\}/g)].map(([, name]) => name ?? '')
  const ofPath = shapeOf(params, schemas)
  const ofQuery = shapeOf(query, schemas)
  return [
    ...variables.map((name) => ({ name, in: 'path', required: true, schema: ofPath[name] ?? { type: 'string' } })),
    ...Object.entries(ofQuery).map(([name, schema]) => ({ name, in: 'query', schema })),
  ]
}

function shapeOf(schema: Schema | undefined, schemas: Json): Json {
  const found = schema === undefined ? {} : jsonSchemaOf(schema, 'input', schemas)
  return (found.properties ?? {}) as Json
}

function answersOf({ answer, awaited }: Route, json: (schema: Schema, io: 'output') => Json): Json {
  if (answer === 'websocket') return { 101: { description: 'The connection is a websocket' } }
  if (answer === 'bytes') {
    const content = { 'application/octet-stream': {} }
    return { 200: { description: 'The file', content }, 206: { description: 'The requested range', content } }
  }
  if (answer === 'lines') return { 200: { description: 'Success', content: { 'application/x-ndjson': {} } } }
  const content = json(answer, 'output')
  return {
    200: { description: 'Success', content },
    ...(awaited && { 202: { description: `Pending: \`${awaited}\` is absent. Repeat the request.`, content } }),
  }
}

function errorsOf({ body, errors }: Route, content: Json): Json {
  const codes = [...new Set([...COMMON_ERRORS, ...(body ? BODY_ERRORS : []), ...errors])]
  const byStatus = Map.groupBy(codes, statusOf)
  const answers = [...byStatus].map(([status, its]) => [status, { description: its.join(', '), content }])
  return { ...Object.fromEntries(answers), 500: { description: 'Error of the controller or of a node', content } }
}

/** Adds shared schemas to `schemas`, and returns a reference to them. */
function jsonSchemaOf(schema: Schema, io: 'input' | 'output', schemas: Json): Json {
  const metadata = z.registry<{ id: string }>()
  for (const [name, shared] of Object.entries(SHARED)) metadata.add(shared, { id: name })
  const { $schema: _, $defs = {}, ...found } = z.toJSONSchema(schema, { io, metadata, unrepresentable: 'any' })
  const [name] = Object.entries(SHARED).find(([, shared]) => shared === schema) ?? []
  const own = name === undefined ? {} : { [name]: found }
  for (const [key, definition] of Object.entries({ ...$defs, ...own })) schemas[key] = withReferences(definition)
  return name === undefined ? (withReferences(found) as Json) : { $ref: `#/components/schemas/${name}` }
}

function withReferences(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

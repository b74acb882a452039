import * as z from 'zod/mini'
import { podOf } from './pod.ts'

/*
 * What is read of objects: containers, the roles that bindings name, the kinds that CRDs define, webhooks. The API server would refuse
 * objects of another shape, but they are read before.
 */
const text = z.string()
const containers = z.array(z.looseObject({ image: z.optional(text), imagePullPolicy: z.optional(text) }))
const Pod = z.looseObject({ containers: z.optional(containers), initContainers: z.nullish(containers) })

const Binding = z.looseObject({ roleRef: z.looseObject({ kind: z.enum(['Role', 'ClusterRole']), name: text }) })
const Role = z.looseObject({ rules: z.nullish(z.array(z.looseObject({}))) })
const Webhooks = z.looseObject({
  webhooks: z.nullish(z.array(z.looseObject({ name: text, clientConfig: z.optional(z.looseObject({})) }))),
})
const Crd = z.looseObject({
  spec: z.looseObject({
    group: text,
    names: z.looseObject({ plural: text, kind: text }),
    versions: z.array(z.looseObject({ name: text, served: z.boolean() })),
  }),
})

const SHAPES: Readonly<Record<string, z.ZodMiniType>> = {
  ...{ RoleBinding: Binding, ClusterRoleBinding: Binding, Role, ClusterRole: Role },
  ...{ ValidatingWebhookConfiguration: Webhooks, MutatingWebhookConfiguration: Webhooks },
  CustomResourceDefinition: Crd,
}

/** Where an object has another shape than its kind, if it has. */
export function shapeProblem(object: { kind: string; spec?: unknown }): string | undefined {
  const { kind } = object
  const shape = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined
  return problemIn(shape, object) ?? problemIn(Pod, podOf(object) ?? {})
}

function problemIn(shape: z.ZodMiniType | undefined, value: unknown): string | undefined {
  const [issue] = shape?.safeParse(value).error?.issues ?? []
  return issue && `${issue.path.join('.')}: ${issue.message}`
}

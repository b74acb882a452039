import type { ProvisionComponent } from '../provision/provision.ts'

/** Components that run one after the other, whatever they depend on: what runs in a cluster changes in one place at a time. */
export function inOrder(components: readonly ProvisionComponent[]): ProvisionComponent[] {
  return components.map((component, index) => ({
    ...component,
    after: components.slice(Math.max(index - 1, 0), index).map(({ id }) => id),
  }))
}

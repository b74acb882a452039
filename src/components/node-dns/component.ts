import { ownEndpoint } from '../../provision/api/own-endpoint.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { comeFirst, configure, startServices } from './steps.ts'

/** Resolves the name of the API to a healthy master. Not needed with one master or with a load balancer. */
export const nodeDns: ProvisionComponent = {
  id: 'node-dns',
  after: [],
  steps: (params) =>
    ownEndpoint(params) === undefined
      ? []
      : [
          installStep('node-dns/install-binaries', 'Installing CoreDNS', 'binary', ['coredns']),
          configure,
          startServices,
          comeFirst,
        ],
}

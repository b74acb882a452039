import { ownEndpoint } from '../../provision/api/own-endpoint.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { comeFirst, configure, startServices } from './steps.ts'

export const installCoredns = installStep('node-dns/install-binaries', 'Installing CoreDNS', 'binary', ['coredns'])

/** Resolves the name of the API to a healthy master. Not needed with one master or with a load balancer. */
export const nodeDns: ProvisionComponent = {
  id: 'node-dns',
  after: [],
  steps: (params) => (ownEndpoint(params) === undefined ? [] : [installCoredns, configure, startServices, comeFirst]),
}

import type { WrittenDescription } from '../../add-ons/describe.ts'

type Values = WrittenDescription['values']

/** The values of a claim: how large its volume is, and of which class. */
export function claimValues(object: string, size: string): Values {
  return {
    size: {
      title: 'size of the volume; Kubernetes does not change it later',
      schema: { type: 'string', pattern: '[1-9][0-9]{0,5}(Mi|Gi|Ti)' },
      default: size,
      sets: [{ object, pointer: '/spec/resources/requests/storage' }],
    },
    storageClass: {
      title: 'storage class of the volume',
      schema: { type: 'string', pattern: '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?', maxLength: 253 },
      default: 'local',
      sets: [{ object, pointer: '/spec/storageClassName' }],
    },
  }
}

/** The time after which data is removed. `pointer`: of the argument in the object. */
export function retention(object: string, pointer: string): Values[string] {
  return {
    title: 'how long data is kept: days, weeks or years',
    schema: { type: 'string', pattern: '[1-9][0-9]{0,4}[dwy]' },
    default: '14d',
    sets: [{ object, pointer, text: '-retentionPeriod={}' }],
  }
}

/** The energy meter as arithmetic, on the same books as the clearing house (HouseModel.ts): devices, owners, what is owed, what exists. */
import { type Address, add, at, type Book, type House, move, need, of, Refused } from './Books.ts'
import { deposit } from './HouseModel.ts'

export interface Device {
  readonly owner: Address
  readonly kind: 1 | 2
  readonly watts: bigint
  readonly marginBps: bigint
  revoked: boolean
  timestamp: bigint
  energy: bigint
  compute: bigint
}

export interface Meter {
  readonly address: Address
  readonly credit: Address
  readonly issuer: Address
  readonly devices: Map<Address, Device>
  readonly owed: Book
  readonly delivery: Map<Address, { toClearing: boolean; accountOwner: Address }>
  readonly deliveryNonce: Book
  produced: bigint
  consumed: bigint
}

export interface Reading {
  readonly meter: Address
  readonly signer: Address | undefined
  readonly timestamp: bigint
  readonly energy: bigint
  readonly compute: bigint
}

const most = (1n << 64n) - 1n
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)

export const approve = (m: Meter, h: House, sender: Address, meter: Address, device: Device, signer: unknown) => {
  need(sender === m.issuer, 'AccessControlUnauthorizedAccount')
  need(device.owner !== h.address, 'EnergyMeter_OwnerIsClearingHouse')
  need(device.marginBps <= 10_000n, 'EnergyMeter_BadMargin')
  need(device.watts > 0n, 'EnergyMeter_BadCapacity')
  need(!m.devices.has(meter), 'EnergyMeter_MeterKnown', meter)
  need(signer === device.owner, 'EnergyMeter_WrongSigner', device.owner, signer)
  m.devices.set(meter, { ...device, timestamp: h.now })
}

export const revoke = (m: Meter, sender: Address, meter: Address): void => {
  need(sender === m.issuer, 'AccessControlUnauthorizedAccount')
  const device = m.devices.get(meter)
  if (!device || device.revoked) throw new Refused('EnergyMeter_NotApproved', meter)
  device.revoked = true
}

export const chooseDelivery = (m: Meter, owner: Address, toClearing: boolean, accountOwner: Address): void => {
  m.delivery.set(owner, { toClearing, accountOwner })
  add(m.deliveryNonce, owner, 1n)
}

/** What is owed goes out of the wallet, as far as that reaches. */
export const retire = (m: Meter, h: House, owner: Address): bigint => {
  const retired = min(of(m.owed, owner), of(h.tokens, at(m.credit, owner)))
  add(m.owed, owner, -retired)
  add(h.tokens, at(m.credit, owner), -retired)
  return retired
}

export const send = (m: Meter, h: House, from: Address, to: Address, amount: bigint): void =>
  move(h, m.credit, from, to, amount, () => retire(m, h, from))

/** How much of a reading counts; undefined where it is skipped. */
const judge = (m: Meter, h: House, r: Reading): bigint | undefined => {
  const device = m.devices.get(r.meter)
  if (!device || device.revoked || r.signer !== r.meter) return undefined
  if (r.timestamp <= device.timestamp || r.timestamp > h.now) return undefined
  if (r.energy < device.energy || r.compute < device.compute || r.energy > most || r.compute > most) return undefined
  const seconds = r.timestamp - device.timestamp
  const capacity = (device.watts * (10_000n + device.marginBps) * seconds) / 36_000n
  const counted = r.energy - device.energy
  if (counted <= capacity) return counted
  return device.kind === 1 ? undefined : capacity
}

interface Run {
  readonly owner: Address
  produced: bigint
  consumed: bigint
}

/** Consumption first, so that production of the same run pays for it. */
const close = (m: Meter, h: House, { owner, produced, consumed }: Run): void => {
  m.produced += produced
  m.consumed += consumed
  add(m.owed, owner, consumed)
  if (consumed > 0n) retire(m, h, owner)
  const paidDown = min(produced, of(m.owed, owner))
  add(m.owed, owner, -paidDown)
  deliver(m, h, owner, produced - paidDown)
}

const deliver = (m: Meter, h: House, owner: Address, amount: bigint): void => {
  if (amount === 0n) return
  const choice = m.delivery.get(owner)
  if (choice?.toClearing) {
    add(h.tokens, at(m.credit, m.address), amount)
    try {
      return deposit(h, m.address, m.credit, owner, choice.accountOwner, amount)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      add(h.tokens, at(m.credit, m.address), -amount)
    }
  }
  add(h.tokens, at(m.credit, owner), amount)
}

export const submit = (m: Meter, h: House, readings: readonly Reading[]): bigint => {
  let accepted = 0n
  let run: Run | undefined
  for (const reading of readings) {
    const counted = judge(m, h, reading)
    const device = m.devices.get(reading.meter)
    if (counted === undefined || !device) continue
    accepted += 1n
    device.timestamp = reading.timestamp
    device.energy += counted
    device.compute = reading.compute
    if (run?.owner !== device.owner) {
      if (run) close(m, h, run)
      run = { owner: device.owner, produced: 0n, consumed: 0n }
    }
    if (device.kind === 1) run.produced += counted
    else run.consumed += counted
  }
  if (run) close(m, h, run)
  return accepted
}

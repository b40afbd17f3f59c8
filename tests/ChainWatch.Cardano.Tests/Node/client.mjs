// node client.mjs CLIENTS-FOLDER HOST:PORT FIRST-BRANCH SECOND-BRANCH ADDRESS
// Talks to the replay server with the vendor's own client: it must synchronise from origin, go back to the last shared block when the server's chain is replaced from its eighth block on, and answer state queries at an
// acquired point. The branches are given as the hashes of their blocks.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import assert from 'node:assert/strict'

const [clients, server, firstBranch, secondBranch, address] = process.argv.slice(2)
const require = createRequire(join(clients, 'package.json'))
const { createInteractionContext, createChainSynchronizationClient, createLedgerStateQueryClient } = require('@cardano-ogmios/client')

const first = firstBranch.split(',')
const second = secondBranch.split(',')
const [host, port] = server.split(':')
const fail = (error) => { console.error(error); process.exit(1) }
const open = () => createInteractionContext(fail, () => {}, { connection: { host, port: Number(port) } })

const told = []
let wake = () => {}
const until = async (count) => { while (told.length < count) await new Promise((resolve) => { wake = resolve }) }
const tell = (step) => { told.push(step); wake() }

const chain = await createChainSynchronizationClient(await open(), {
  rollForward: async ({ block, tip }, next) => { assert.ok(tip.height >= block.height); assert.ok(Array.isArray(block.transactions)); tell(block.id); next() },
  rollBackward: async ({ point }, next) => { tell(point === 'origin' ? point : `back to ${point.id}`); next() },
})
const { intersection } = await chain.resume(['origin'], 20)
assert.equal(intersection, 'origin')
await until(1 + first.length)
assert.deepEqual(told, ['origin', ...first])

const state = await createLedgerStateQueryClient(await open())
const tip = await state.networkTip()
assert.equal(tip.id, first.at(-1))
assert.equal((await state.genesisConfiguration('shelley')).networkMagic, 1)
assert.ok((await state.networkStartTime()) instanceof Date)
assert.equal((await state.eraSummaries()).length, 2)
await state.acquireLedgerState(tip)
const outputs = await state.utxo({ addresses: [address] })
assert.equal(outputs.length, first.length - 1)
assert.ok(outputs.every((output) => output.address === address && output.value.ada.lovelace > 0n))
await state.releaseLedgerState()
await assert.rejects(state.acquireLedgerState({ slot: 1, id: '00'.repeat(32) }))
assert.equal(Number(await state.networkBlockHeight()), second.length + 6)

await until(1 + first.length + 1 + second.length)
assert.deepEqual(told.slice(1 + first.length), [`back to ${first[6]}`, ...second])
console.log('accepted')
process.exit(0)

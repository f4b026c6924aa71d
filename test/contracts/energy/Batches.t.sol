// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EnergyCredit} from "../../../contracts/energy/EnergyCredit.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";

/// @title CallingHouse: a clearing house that calls back in the middle of a delivery, and takes the credits or leaves them
contract CallingHouse {
    address private _callee;
    bytes[] private _calls;
    bool private _takes;
    uint256 public done;

    function plan(address callee, bool takes) external {
        (_callee, _takes) = (callee, takes);
    }

    function add(bytes calldata data) external {
        _calls.push(data);
    }

    function deposit(address asset, address, address, uint256 amount) external {
        for (uint256 i = 0; i < _calls.length; ++i) {
            bytes memory data = _calls[i];
            delete _calls[i];
            if (data.length == 0) continue;
            (bool success,) = _callee.call(data);
            if (success) ++done;
        }
        if (_takes) EnergyCredit(asset).transferFrom(msg.sender, address(this), amount);
    }
}

/// @title Batches of readings as an adversary would compose them: what counts is each reading, never how they are put together
contract EnergyBatchesTest is EnergySupport {
    uint256 private constant MOST = type(uint64).max;
    uint256[3] private owners = [ALICE, BOB, CAROL];

    function setUp() external {
        setUpEnergy();
    }

    /// @dev Each owner has a producer and a consumer.
    function keyOf(uint256 owner, bool consumer) private pure returns (uint256) {
        return 0xD0000 + 2 * owner + (consumer ? 1 : 0);
    }

    function approveAll() private {
        for (uint256 i = 0; i < 3; ++i) {
            approve(owners[i], approvalOf(vm.addr(keyOf(i, false)), vm.addr(owners[i]), PRODUCER));
            approve(owners[i], approvalOf(vm.addr(keyOf(i, true)), vm.addr(owners[i]), CONSUMER));
        }
    }

    /// @dev The same readings, in one batch and each in a batch of its own, leave every wallet and every debt alike.
    function testFuzz_ABatchIsItsReadings(uint256 seed, uint8 count) external {
        count = uint8(within(count, 1, 12));
        approveAll();
        vm.warp(START + 1_000);
        bytes memory all = "";
        bytes[] memory each = new bytes[](count);
        uint256[6] memory totals;
        for (uint256 i = 0; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 device = seed % 6;
            totals[device] += (seed >> 8) % 9_000;
            each[i] = reading(keyOf(device / 2, device % 2 == 1), START + 10 * (i + 1), totals[device], 0);
            all = bytes.concat(all, each[i]);
        }
        uint256 before = vm.snapshotState();
        uint256 accepted = meter.submit(readings(0, count, all));
        (uint256[6] memory together) = holdings();
        vm.revertToState(before);
        for (uint256 i = 0; i < count; ++i) accepted -= meter.submit(readings(0, 1, each[i]));
        uint256[6] memory apart = holdings();
        vm.assertEq(accepted, 0, "accepted alike");
        for (uint256 i = 0; i < 6; ++i) vm.assertEq(together[i], apart[i], "wallets, then debts");
    }

    function holdings() private view returns (uint256[6] memory held) {
        for (uint256 i = 0; i < 3; ++i) {
            held[i] = credit.balanceOf(vm.addr(owners[i]));
            held[3 + i] = meter.owedOf(vm.addr(owners[i]));
        }
        assertSupply();
    }

    /// @dev What an earlier run of the batch brought a wallet is there when a later one retires from it.
    function test_AnEarlierRunPaysForALaterOne() external {
        approveAll();
        vm.warp(START + 1_000);
        bytes memory entries = bytes.concat(
            reading(keyOf(0, false), START + 60, 5_000, 0),
            reading(keyOf(1, false), START + 60, 7_000, 0),
            reading(keyOf(0, true), START + 60, 2_000, 0),
            reading(keyOf(1, true), START + 60, 9_000, 0)
        );
        meter.submit(readings(0, 4, entries));
        vm.assertEq(credit.balanceOf(alice), 3_000, "alice");
        vm.assertEq(credit.balanceOf(bob), 0, "bob");
        vm.assertEq(meter.owedOf(bob), 2_000, "bob owes");
        assertTotals(12_000, 11_000, 2_000);
    }

    function test_ARevokedMeterInTheMiddleOfItsOwnersRun() external {
        approveAll();
        approvePanel();
        uint256 other = 0x0743;
        approve(ALICE, approvalOf(vm.addr(other), alice, PRODUCER));
        vm.warp(START + 1_000);
        vm.prank(issuer);
        meter.revoke(panel);
        bytes memory entries = bytes.concat(
            reading(keyOf(0, false), START + 60, 1_000, 0),
            reading(PANEL, START + 60, 2_000, 0),
            reading(other, START + 60, 4_000, 0)
        );
        vm.expectEmit(address(meter));
        emit IEnergyMeter.ReadingRefused(panel, uint64(START + 60), IEnergyMeter.Refusal.RevokedMeter);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Submitted(2, 1, 5_000, 0);
        meter.submit(readings(0, 3, entries));
        vm.assertEq(credit.balanceOf(alice), 5_000, "the other two");
        vm.assertEq(meter.meterOf(panel).energyMilliWh, 0, "nothing of it counts");
    }

    /// @dev The least that can be counted is counted: made, used, owed and paid down.
    function test_AMilliwatthourCounts() external {
        approveAll();
        vm.warp(START + 1_000);
        meter.submit(readings(0, 1, reading(keyOf(0, false), START + 10, 1, 0)));
        vm.assertEq(credit.balanceOf(alice), 1, "made");
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Consumed(bob, 1, 0, 1);
        meter.submit(readings(0, 1, reading(keyOf(1, true), START + 10, 1, 0)));
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Produced(bob, 2, 1, 1, false);
        meter.submit(readings(0, 1, reading(keyOf(1, false), START + 10, 2, 0)));
        vm.assertEq(credit.balanceOf(bob), 1, "what was not owed");
        vm.prank(carol);
        meter.chooseDelivery(true, address(0));
        meter.submit(readings(0, 1, reading(keyOf(2, false), START + 10, 1, 0)));
        vm.assertEq(house.accountOf(address(credit), carol).balance, 1, "delivered");
        meter.submit(readings(0, 1, reading(keyOf(1, true), START + 20, 2, 0)));
        vm.assertEq(credit.balanceOf(bob), 0, "retired");
        assertTotals(4, 2, 0);
    }

    /// @dev Each reading of one device in a batch is measured against the one before it.
    function test_TheSameMeterTwiceInABatch() external {
        approvePanel();
        approveRack();
        vm.warp(START + 1_000);
        bytes memory entries = bytes.concat(
            reading(PANEL, START + 10, 10_000, 0),
            reading(PANEL, START + 20, 20_001, 0),
            reading(PANEL, START + 30, 30_000, 0),
            reading(RACK, START + 10, 50_000, 0),
            reading(RACK, START + 20, 50_000, 0)
        );
        vm.expectEmit(address(meter));
        emit IEnergyMeter.ReadingRefused(panel, uint64(START + 20), IEnergyMeter.Refusal.AboveCapacity);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.ReadingCut(rack, uint64(START + 10), 10_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.ReadingCut(rack, uint64(START + 20), 20_000);
        vm.assertEq(meter.submit(readings(0, 5, entries)), 4, "accepted");
        assertTotals(30_000, 20_000, 20_000);
    }

    /// @dev The most that devices can ever say, all of one owner and in one run: no field spills into its neighbour.
    function test_TotalsAtTheEdgeOfTheirWidth() external {
        uint256 time = START + 100 * 365 days;
        bytes memory made = "";
        bytes memory used = "";
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 kind = PRODUCER; kind <= CONSUMER; ++kind) {
                uint256 key = 0xED6E0 + 2 * i + kind;
                IEnergyMeter.Approval memory a = approvalOf(vm.addr(key), alice, uint8(kind));
                a.capacityWatts = type(uint48).max / 10_000;
                approve(ALICE, a);
                bytes memory entry = reading(key, time, MOST, MOST);
                if (kind == PRODUCER) made = bytes.concat(made, entry);
                else used = bytes.concat(used, entry);
            }
        }
        vm.warp(time);
        vm.assertEq(meter.submit(readings(0, 3, used)), 3, "used");
        vm.assertEq(meter.owedOf(alice), 3 * MOST, "owed");
        (bool toClearing,) = meter.deliveryOf(alice);
        vm.assertEq(toClearing, false, "what is owed spills into nothing");
        uint256 before = vm.snapshotState();
        vm.assertEq(meter.submit(readings(0, 3, made)), 3, "made");
        assertTotals(3 * MOST, 3 * MOST, 0);
        vm.assertEq(credit.totalSupply(), 0, "all of it was owed");

        vm.revertToState(before);
        vm.prank(alice);
        meter.chooseDelivery(true, address(0));
        vm.assertEq(meter.owedOf(alice), 3 * MOST, "the choice keeps what is owed");
        vm.assertEq(meter.submit(readings(0, 3, made)), 3, "made");
        bytes memory again = reading(0xED6E0 + PRODUCER, time, MOST, MOST);
        vm.assertEq(meter.submit(readings(0, 1, again)), 0, "no second above the first");
        assertTotals(3 * MOST, 3 * MOST, 0);
    }

    function test_AMintOfMoreThanOneDeviceCanMeasure() external {
        uint256 time = START + 100 * 365 days;
        bytes memory made = "";
        for (uint256 i = 0; i < 3; ++i) {
            IEnergyMeter.Approval memory a = approvalOf(vm.addr(0xED6E0 + i), alice, PRODUCER);
            a.capacityWatts = type(uint48).max / 10_000;
            approve(ALICE, a);
            made = bytes.concat(made, reading(0xED6E0 + i, time, MOST, 0));
        }
        vm.warp(time);
        meter.submit(readings(0, 3, made));
        vm.assertEq(credit.balanceOf(alice), 3 * MOST, "wallet");
        assertTotals(3 * MOST, 0, 0);
    }

    // -------------------------------------------------------------- calling back

    /// @dev A house that calls back in the middle of a delivery: the meter's books are written before, whatever it calls.
    function testFuzz_I9_AHouseThatCallsBackMovesNoSum(bool takes) external {
        CallingHouse calling = new CallingHouse();
        meter = EnergyMeter(deploy("EnergyMeter", abi.encode(address(calling), issuer)));
        credit = EnergyCredit(meter.credit());
        approveAll();
        vm.warp(START + 1_000);
        vm.prank(alice);
        meter.chooseDelivery(true, address(0));
        bytes memory batch = readings(
            0,
            3,
            bytes.concat(
                reading(keyOf(1, false), START + 60, 7_000, 0),
                reading(keyOf(0, false), START + 60, 5_000, 0),
                reading(keyOf(1, true), START + 60, 9_000, 0)
            )
        );
        calling.plan(address(meter), takes);
        calling.add(abi.encodeCall(meter.submit, (batch)));
        calling.add(abi.encodeCall(meter.submit, (readings(0, 1, reading(keyOf(0, true), START + 70, 2_000, 0)))));
        calling.add(abi.encodeCall(meter.retire, (alice)));
        bytes memory choice = sign64(ALICE, deliveryDigest(alice, false, address(0), 1));
        calling.add(abi.encodeCall(meter.chooseDeliveryWithSignature, (alice, false, address(0), choice)));
        vm.assertEq(meter.submit(batch), 3, "accepted");
        vm.assertEq(calling.done(), 4, "called back");

        vm.assertEq(credit.balanceOf(bob), 0, "bob's wallet");
        (bool toClearing,) = meter.deliveryOf(alice);
        vm.assertEq(toClearing, false, "what alice chose meanwhile stands");
        vm.assertEq(credit.balanceOf(takes ? address(calling) : address(meter)), 5_000, "delivered once");
        (uint256 produced, uint256 consumed, uint256 owed) = meter.totals();
        vm.assertEq(produced, 12_000, "produced once");
        vm.assertEq(consumed, 11_000, "consumed once");
        vm.assertEq(meter.owedOf(alice) + meter.owedOf(bob), owed, "owed");
        vm.assertEq(credit.totalSupply() + consumed, produced + owed, "I9");
    }

    // --------------------------------------------------------------------- costs

    /// @dev Owners that alternate, and kinds that do, cost each what they cost in a small batch: nobody's order makes it quadratic.
    function test_I8_NoOrderMakesABatchQuadratic() external {
        approveAll();
        vm.warp(START + 100_000);
        uint256 small = gasOf(4, 0);
        uint256 large = gasOf(160, 1_000);
        vm.assertLe(large / 160, (small / 4) * 11 / 10, "gas a reading");
    }

    function gasOf(uint16 count, uint256 from) private returns (uint256 used) {
        bytes memory batch = this.takingTurns(count, from);
        used = gasleft();
        meter.submit(batch);
        used -= gasleft();
    }

    /// @dev Alice's producer and Bob's consumer take turns. In a call of its own, which takes its memory with it.
    function takingTurns(uint16 count, uint256 from) external view returns (bytes memory) {
        bytes memory entries = "";
        for (uint256 i = 1; i <= count; ++i) {
            uint256 time = from + 10 * i;
            entries = bytes.concat(entries, reading(keyOf(i % 2, i % 2 == 1), START + time, time, 0));
        }
        return readings(0, count, entries);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EnergyCredit} from "../../../contracts/energy/EnergyCredit.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {Cheats} from "../support/Cheats.sol";
import {EnergyHandler} from "./EnergyHandler.sol";

/// @title What always holds of metered energy, by number
contract EnergyInvariants is Cheats {
    EnergyHandler private handler;
    EnergyMeter private meter;
    EnergyCredit private credit;

    function setUp() external {
        handler = new EnergyHandler();
        meter = handler.energyMeter();
        credit = handler.energyCredit();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_I9_CreditsAreProducedLessConsumedPlusOwed() external view {
        (uint256 produced, uint256 consumed, uint256 owed) = meter.totals();
        vm.assertEq(credit.totalSupply() + consumed, produced + owed, "I9: in existence");
        vm.assertEq(owed, handler.owedByAll(), "I9: owed");
        vm.assertEq(credit.totalSupply(), handler.heldByAll(), "I9: somebody holds each of them, and never the meter");
    }

    function invariant_I10_EachWattHourCountsOnceAndWithinCapacity() external view {
        (uint256 produced, uint256 consumed,) = meter.totals();
        vm.assertEq(produced, handler.countedOf(1), "I10: produced");
        vm.assertEq(consumed, handler.countedOf(2), "I10: consumed");
        for (uint256 i = 0; i < handler.deviceCount(); ++i) {
            vm.assertLe(handler.counted(i), handler.mostOf(i), "I10: above capacity");
            (,,,,,,, bool revoked, uint256 countedWhenRevoked) = handler.devices(i);
            if (revoked) vm.assertEq(handler.counted(i), countedWhenRevoked, "I10: after revocation");
        }
    }

    /// @dev The invariants above would hold of a handler that does nothing. This one does everything.
    function test_TheHandlerReachesEveryAction() external {
        uint256 seed = 1;
        for (uint256 i = 0; i < 600; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            act(seed % 9, seed >> 8, seed >> 64, seed >> 128);
        }
        string[10] memory names = [
            "addDevice", "revoke", "sign", "submit", "retire", "send", "deposit", "withdraw", "chooseDelivery", "pass"
        ];
        for (uint256 i = 0; i < names.length; ++i) vm.assertGe(handler.done(names[i]), 3, names[i]);
        vm.assertGe(handler.done("accepted"), 50, "accepted readings");
        (uint256 produced, uint256 consumed, uint256 owed) = meter.totals();
        vm.assertTrue(produced > 0 && consumed > 0 && owed > 0, "energy was produced, consumed and owed");
        vm.assertTrue(credit.balanceOf(address(meter.clearingHouse())) > 0, "credits are in the clearing house");
    }

    function act(uint256 action, uint256 a, uint256 b, uint256 c) private {
        if (action == 0) handler.addDevice(a, b % 2 == 0, b, c, c >> 8);
        else if (action == 1) handler.revoke(a, b);
        else if (action == 2) handler.submitSome(a);
        else if (action == 3) handler.retire(a);
        else if (action == 4) handler.send(a, b, c);
        else if (action == 5) handler.deposit(a, b, c);
        else if (action == 6) handler.withdraw(a, b);
        else if (action == 7) handler.chooseDelivery(a, b % 2 == 0, c % 4 == 0);
        else handler.pass(a);
    }
}

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

    /// @dev The sums of all runs are printed and checked (test/contracts/reach.ts).
    function afterInvariant() external {
        vm.writeLine("reports/reach/energy.txt", handler.reached());
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
            (,,,,,,,,, bool revoked, uint256 countedWhenRevoked) = handler.devices(i);
            if (revoked) vm.assertEq(handler.counted(i), countedWhenRevoked, "I10: after revocation");
        }
    }
}

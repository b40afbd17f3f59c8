using System.Globalization;
using System.Numerics;
using System.Text;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>The contracts that traffic goes through, each a few instructions, deployed once at the beginning of a chain.</summary>
internal sealed class TestContracts
{
    /// <summary>keccak256("Transfer(address,address,uint256)").</summary>
    public const string TransferTopic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

    /// <summary>transfer(address,uint256): answers true and emits Transfer(caller, to, amount). It keeps no balances; the watcher must not care.</summary>
    private const string Token =
        "602435600052" + // memory[0] = amount
        "600435" + // to
        "33" + // from
        "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef" +
        "60206000a3" + // LOG3(0, 32)
        "600160005260206000f3";

    /// <summary>Sends its value on to the address in the first word of the call data.</summary>
    private const string Forwarder = "6000600060006000346000355af100";

    /// <summary>Sends its value on as the forwarder does, and then fails: nothing has moved.</summary>
    private const string Reverter = "6000600060006000346000355af1" + "60006000fd";

    /// <summary>Calls the address in the first word with its value and the second word as call data, and does not care how that ends.</summary>
    private const string Caller = "602035600052" + "600060006020600034600035" + "5af100";

    /// <summary>Sends half of its value to the address in the first word, twice: two payments to one address in one transaction.</summary>
    private const string Twice = "6000600060006000600234046000355af150" + "6000600060006000600234046000355af100";

    public required string TokenAddress { get; init; }

    /// <summary>A token that nobody has allowed: its transfers look the same.</summary>
    public required string FakeTokenAddress { get; init; }

    public required string ForwarderAddress { get; init; }

    public required string ReverterAddress { get; init; }

    public required string CallerAddress { get; init; }

    public required string TwiceAddress { get; init; }

    public static async Task<TestContracts> DeployAsync(EthereumNode node) => new()
    {
        TokenAddress = await DeployAsync(node, Token),
        FakeTokenAddress = await DeployAsync(node, Token),
        ForwarderAddress = await DeployAsync(node, Forwarder),
        ReverterAddress = await DeployAsync(node, Reverter),
        CallerAddress = await DeployAsync(node, Caller),
        TwiceAddress = await DeployAsync(node, Twice),
    };

    /// <summary>Deploys a token that keeps balances. Anybody may transfer as much as they like; of each transfer it takes its fee, and tells nobody.</summary>
    /// <param name="node">The node.</param>
    /// <param name="feeOneIn">How many units lose one; 0 for no fee.</param>
    public static Task<string> DeployLedgerTokenAsync(EthereumNode node, byte feeOneIn)
    {
        // balanceOf(address) is answered at the end, transfer(address,uint256) tells Transfer before it goes on, and anything else only goes on. What is divided by zero is zero.
        var start = "60003560e01c" + "806370a0823114" + "60{0:x2}57" + "63a9059cbb1415" + "60{1:x2}57";
        var tell = "602435600052" + "60043533" + "7f" + TransferTopic[2..] + "60206000a3";
        var change = "5b" + "602435" + $"60{feeOneIn:x2}810490" + "03" + "60043554" + "01" + "60043555" + "600160005260206000f3";
        var answer = "5b" + "60043554" + "60005260206000f3";
        // Both places take one byte each.
        var head = (start.Length - (2 * "{0:x2}".Length) + 4) / 2;
        var changeAt = head + (tell.Length / 2);
        return DeployAsync(node, string.Format(CultureInfo.InvariantCulture, start, changeAt + (change.Length / 2), changeAt) + tell + change + answer);
    }

    /// <summary>Deploys a token that says its decimals and its symbol; whatever else it is asked, it tells a transfer as the plain token does.</summary>
    /// <param name="node">The node.</param>
    /// <param name="decimals">Its decimals.</param>
    /// <param name="symbol">Its symbol: less than 32 letters.</param>
    /// <param name="isWord">Whether it says its symbol as one word, as tokens older than the standard do.</param>
    public static Task<string> DeployDescribedTokenAsync(EthereumNode node, byte decimals, string symbol, bool isWord = false)
    {
        const int places = 2;
        const string start = "60003560e01c" + "8063313ce567" + "1460{0:x2}57" + "6395d89b41" + "1460{1:x2}57";
        var letters = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(symbol)).PadRight(64, '0');
        var saysDecimals = $"5b60{decimals:x2}" + "60005260206000f3";
        var saysSymbol = isWord ? $"5b7f{letters}" + "60005260206000f3" : "5b6020600052" + $"60{symbol.Length:x2}602052" + $"7f{letters}604052" + "60606000f3";
        // Where a place is, the code has one byte.
        var decimalsAt = ((start.Length - (places * ("{0:x2}".Length - 2))) / 2) + (Token.Length / 2);
        return DeployAsync(node, string.Format(CultureInfo.InvariantCulture, start, decimalsAt, decimalsAt + (saysDecimals.Length / 2)) + Token + saysDecimals + saysSymbol);
    }

    /// <summary>The call that transfers tokens.</summary>
    public static string Transfer(string to, BigInteger amount) => "0xa9059cbb" + Quantity.Word(to) + Quantity.Word(amount);

    /// <summary>The call that changes a balance of such a token without telling anybody.</summary>
    public static string Rebase(string address, int change) => "0x00000001" + Quantity.Word(address) + Quantity.Word(change >= 0 ? change : (BigInteger.One << 256) + change);

    private static async Task<string> DeployAsync(EthereumNode node, string runtime)
    {
        var length = (runtime.Length / 2).ToString("x4", CultureInfo.InvariantCulture);
        // Copies what follows these 14 bytes into memory and returns it as the contract's code.
        var code = $"0x61{length}600e60003961{length}6000f3{runtime}";
        var id = await node.Rpc.CallTextAsync("eth_sendTransaction", new { from = node.Accounts[0], data = code, gas = "0x100000" });
        await node.MineAsync();
        string? address = null;
        await Eventually.BecomesTrueAsync(
            async _ =>
            {
                var receipt = await node.Rpc.CallAsync("eth_getTransactionReceipt", id);
                address = receipt?["contractAddress"]?.GetValue<string>();
                return address is not null;
            },
            TimeSpan.FromSeconds(20),
            () => $"the contract of transaction {id} has no address");
        return address!;
    }
}

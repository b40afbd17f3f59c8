using System.Globalization;
using System.Net;

namespace ChainWatch.AspNetCore;

/// <summary>Addresses and networks (CIDR), of IPv4 and IPv6.</summary>
internal sealed class AddressList
{
    private AddressList(IReadOnlyList<IPNetwork> networks)
    {
        Networks = networks;
    }

    public IReadOnlyList<IPNetwork> Networks { get; }

    public bool IsEmpty => Networks.Count == 0;

    /// <summary>Reads a list; what is no address goes to the errors.</summary>
    public static AddressList Parse(IList<string> texts, string path, ConfigurationErrors errors)
    {
        List<IPNetwork> networks = [];
        for (int i = 0; i < texts.Count; i++)
        {
            string text = texts[i].Trim();
            if (IPAddress.TryParse(text, out IPAddress? address))
            {
                address = Plain(address);
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else if (IPNetwork.TryParse(text, out IPNetwork network) && text.StartsWith($"{network.BaseAddress}/", StringComparison.OrdinalIgnoreCase))
            {
                // 10.0.0.1/8 may be meant as one address or as a network of them: whoever writes it is asked to say which.
                networks.Add(network);
            }
            else
            {
                errors.Add(
                    string.Create(CultureInfo.InvariantCulture, $"{path}:{i}"), text,
                    "it must be an address or a network, like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32, without bits behind the network's prefix");
            }
        }

        return new AddressList(networks);
    }

    public bool Holds(IPAddress address)
    {
        IPAddress plain = Plain(address);
        foreach (IPNetwork network in Networks)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An IPv4 client of a socket for both shows up as an IPv6 address that stands for it.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

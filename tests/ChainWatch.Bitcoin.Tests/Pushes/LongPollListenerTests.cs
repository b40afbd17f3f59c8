using System.Text.Json.Nodes;

namespace ChainWatch.Bitcoin.Tests;

public sealed class LongPollListenerTests
{
    [Fact]
    public void A_new_block_is_announced_with_its_place_and_a_wait_that_ran_out_is_not()
    {
        FakeChain chain = new();
        Bench bench = new(chain);
        bench.ReadTip();
        int asked = 0;
        bench.Node.Intercept = (method, parameters) =>
        {
            if (method != "waitfornewblock")
            {
                return null;
            }

            parameters.Count.ShouldBe(1, "older nodes take no more");
            if (++asked == 3)
            {
                chain.Mine();
            }

            return asked >= 4 ? throw new FakeRpcException(-28, "that is enough") : new JsonObject { ["hash"] = chain.Head.Hash, ["height"] = chain.Head.Height };
        };
        using NewsCounter news = new();
        LongPollListener listener = new(bench.Pool, TimeSpan.FromSeconds(10), bench.Time);

        Should.Throw<EndpointException>(() => bench.Scheduler.Run(async () =>
        {
            await listener.ListenAsync(news.Announce, CancellationToken.None);
            return true;
        }));
        news.Points.ShouldBe([new ChainPoint(4, chain.Head.HashValue)]);
    }

    [Fact]
    public void A_node_without_such_a_method_is_asked_once_and_another_one_instead()
    {
        FakeChain chain = new();
        FakeNode second = new(chain);
        Bench bench = new(chain, new FakeNode(chain, NodeDialect.Legacy), second);
        bench.ReadTip();
        int asked = 0;
        second.Intercept = (method, _) => method != "waitfornewblock" ? null : ++asked >= 3 ? throw new FakeRpcException(-28, "that is enough") : new JsonObject { ["hash"] = chain.Mine().Hash, ["height"] = chain.Head.Height };
        using NewsCounter news = new();
        LongPollListener listener = new(bench.Pool, TimeSpan.FromSeconds(10), bench.Time);

        Should.Throw<EndpointException>(() => bench.Scheduler.Run(async () =>
        {
            await listener.ListenAsync(news.Announce, CancellationToken.None);
            return true;
        }));
        bench.Nodes[0].Count("waitfornewblock").ShouldBe(1);
        news.Points.Count.ShouldBe(1);
    }
}

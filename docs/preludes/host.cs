// What stands around a fragment of a web host.
var builder = WebApplication.CreateBuilder();

//FRAGMENT

public sealed class CreditCustomer : IPaymentHandler
{
    public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken) => Task.CompletedTask;
}
